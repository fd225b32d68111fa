import type { PauseView } from '../../api/pause-routes.ts';
import { everyQueue } from '../../core/ports/pauses.ts';
import { plainLine } from '../client/columns.ts';
import { apiPath } from '../client/lab-client.ts';
import type { JobView, LabClient } from '../client/lab-client.ts';
import { printJson, printLines } from '../client/print.ts';
import type { QueueOptions } from './options.ts';

const pageSize = 1000;

/** `Job: %4d priority: %4s RUN/JOBID` for each queued job, as scripts know it, with what was asked for below each. */
export async function listJobs(lab: LabClient, options: QueueOptions): Promise<void> {
  if (options.json) {
    const jobs: JobView[] = [];
    for await (const job of queued(lab, options)) jobs.push(job);
    return await printJson(jobs);
  }
  await printLines(jobLines(lab, options));
}

/** The names of runs in queue order, each once. */
export async function listRuns(lab: LabClient, options: QueueOptions): Promise<void> {
  const runs = new Set<string>();
  for await (const job of queued(lab, options)) runs.add(job.run);
  if (options.json) return await printJson([...runs]);
  await printLines([...runs].map(plainLine));
}

/** What the original's `--status` prints, and the pause itself. */
export async function queueStatus(lab: LabClient, options: QueueOptions): Promise<void> {
  let count = 0;
  for await (const _ of queued(lab, options)) count += 1;
  const pause = (await pausesOf(lab, options.machineType))[0] ?? null;
  await printJson({ name: options.machineType ?? everyQueue, count, paused: pause !== null, pause });
}

/** The pauses that stop the queue of a machine type; without a type, those that stop every queue. */
export async function pausesOf(lab: LabClient, machineType: string | undefined): Promise<PauseView[]> {
  const { pauses } = await lab.get<{ pauses: PauseView[] }>('/v1/pauses');
  return pauses.filter((pause) => [machineType, everyQueue].includes(pause.machine_type));
}

async function* jobLines(lab: LabClient, options: QueueOptions): AsyncGenerator<string> {
  for await (const job of queued(lab, options)) {
    yield `Job: ${String(job.job_id).padStart(4)} priority: ${String(job.priority).padStart(4)} ${plainLine(job.run)}/${job.job_id}`;
    if (options.description)
      yield* fragmentsOf(job.description).map((fragment) => `\t${plainLine(fragment)}`);
    if (options.full) {
      const path = apiPath('runs', job.run, 'jobs', job.job_id);
      const { config } = await lab.get<{ config: string }>(path);
      yield* config
        .trimEnd()
        .split('\n')
        .map((line) => `\t${line.replaceAll(/\p{Cc}/gu, ' ')}`);
    }
  }
}

/** `suite/{a b/{c}}` has the fragments `suite/`, `a` and `b/{c}`: what stands between blanks of the outermost braces. */
function fragmentsOf(description: string): string[] {
  const [, suite, inner] = /^([^{]*)\{(.*)\}$/su.exec(description) ?? [];
  if (suite === undefined || inner === undefined) return [description];
  const parts: string[] = [''];
  let depth = 0;
  for (const character of inner) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (character === ' ' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return [suite, ...parts].filter((part) => part !== '');
}

async function* queued(lab: LabClient, options: QueueOptions): AsyncGenerator<JobView> {
  const type =
    options.machineType === undefined ? '' : `&machine_type=${encodeURIComponent(options.machineType)}`;
  let cursor = '';
  for (;;) {
    const path = `/v1/queue?limit=${pageSize}${type}${cursor}`;
    const page = await lab.get<{ jobs: JobView[]; next: string | null }>(path);
    yield* page.jobs;
    if (page.next === null) return;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}
