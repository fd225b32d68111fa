import type { JobView } from '../../api/views.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { isYamlMap, toPlain } from '../../core/config/yaml-value.ts';
import type { PaddlesJob } from './paddles.ts';

/**
 * A job as a paddles server keeps it: its config, then what its summary says, then what the lab knows, keys with `_` for `-`. With `dead`
 * a job that is not over is reported dead.
 */
export function jobRecord(
  job: JobView & { readonly config: string },
  { summary, dead }: { readonly summary: string | null; readonly dead: boolean },
): PaddlesJob {
  const over = job.finished_at !== null;
  const status = dead && !over ? 'dead' : job.status;
  return {
    ...documentOf(job.config),
    ...(summary !== null && documentOf(summary)),
    job_id: String(job.job_id),
    name: job.run,
    description: job.description,
    owner: job.owner,
    priority: job.priority,
    machine_type: job.machine_type,
    status,
    ...(status === 'pass' && { success: true }),
    ...((status === 'fail' || status === 'dead') && { success: false }),
    ...(job.duration !== null && { duration: job.duration }),
    ...(job.failure_reason !== null && { failure_reason: job.failure_reason }),
    ...(job.archive_url !== null && { archive_path: job.archive_url }),
    ...(job.log_url !== null && { log_href: job.log_url }),
    updated: paddlesTime(job.finished_at ?? job.started_at ?? job.submitted_at),
  };
}

function documentOf(text: string): Record<string, unknown> {
  const value = pyYaml.parse(text);
  const plain = isYamlMap(value) ? toPlain(value) : {};
  const entries = Object.entries(plain ?? {});
  return Object.fromEntries(entries.map(([key, each]) => [key.replaceAll('-', '_'), each]));
}

/** `2026-01-02 03:04:05.678000`, which is how the server writes times. */
function paddlesTime(iso: string): string {
  return `${iso.replace('T', ' ').replace('Z', '')}000`;
}
