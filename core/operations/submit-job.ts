import { jobRequirements } from '../config/job-requirements.ts';
import type { YamlMap } from '../config/yaml-value.ts';
import type { YamlCodec } from '../ports/yaml-codec.ts';
import { expiryOf } from './expire-time.ts';
import { submittedJob } from './job-document.ts';
import type { LabPorts } from './lab-ports.ts';
import { pokeTypes } from './poke-types.ts';
import { loginOf, timestamp } from './run-name.ts';
import { openFreeRun, openRun } from './submission.ts';
import type { SubmissionContext } from './submission.ts';

export interface JobSubmission {
  readonly config: YamlMap; // merged and checked
  readonly name: string | null; // of the run; null = made from the owner and the time
  readonly description: string | null; // null = the config's, else the name of the run
  readonly machineType: string; // for a config that names none
  readonly priority: number | null; // null = the config's
  readonly maxSeconds: number; // for a config that names no deadline
  readonly copies: number;
}

export interface SubmittedRun {
  readonly run: string;
  readonly jobIds: readonly number[]; // in queue order
}

/**
 * Queues one job, or several copies of it, as a run of its own. Made again with `resumed` and the same time it adds nothing
 * twice and gives the same ids. Throws RunExistsError, RunNameError, ExpireTimeError and RequirementError.
 */
export async function submitJob(
  ports: Pick<LabPorts, 'jobs' | 'wakeups'> & { readonly yaml: YamlCodec },
  submission: JobSubmission,
  context: SubmissionContext,
): Promise<SubmittedRun> {
  const wishes = jobRequirements(submission.config);
  const machineType = wishes.machineType ?? submission.machineType;
  const usual = `${loginOf(context.owner)}-${timestamp(context.now)}-job`;
  const open = submission.name === null ? openFreeRun : openRun;
  expiryOf(submission.config, context.now); // refused before there is a run
  const run = await open(
    ports,
    {
      name: submission.name ?? usual,
      suite: '',
      machineType,
      seed: null,
      subset: null,
      noNestedSubset: false,
      sha1: null,
    },
    context,
  );
  const job = submittedJob(ports.yaml, {
    run,
    config: submission.config,
    description: submission.description ?? describedBy(submission.config) ?? run.name,
    machineType,
    priority: submission.priority ?? wishes.priority,
    maxSeconds: submission.maxSeconds,
  });
  const jobs = Array.from({ length: submission.copies }, (_, copy) => ({ ...job, key: `0.${copy}` }));
  const jobIds = await ports.jobs.enqueue({ run: run.name, jobs, now: context.now });
  await ports.jobs.closeRun(run.name, context.now);
  await pokeTypes(ports, job.machineType);
  return { run: run.name, jobIds };
}

function describedBy(config: YamlMap): string | null {
  const description = config.get('description');
  return typeof description === 'string' && description !== '' ? description : null;
}
