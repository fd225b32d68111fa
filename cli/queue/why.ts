import { plainLine } from '../client/columns.ts';
import { InputError } from '../client/failure.ts';
import { apiPath } from '../client/lab-client.ts';
import type { JobView, LabClient } from '../client/lab-client.ts';
import { printJson, printLines } from '../client/print.ts';
import type { QueueOptions } from './options.ts';

/** What keeps a job from starting, and when it is expected to. */
export async function showWhy(lab: LabClient, place: string, options: QueueOptions): Promise<void> {
  const [run = '', id = '', ...rest] = place.split('/').filter((part) => part !== '');
  if (id === '' || rest.length > 0) throw new InputError(`'${place}' is not RUN/JOB`);
  const job = await lab.get<JobView>(apiPath('runs', run, 'jobs', id));
  if (options.json) {
    const { status, why_waiting, expected_start } = job;
    return await printJson({ run: job.run, job_id: job.job_id, status, why_waiting, expected_start });
  }
  await printLines(sentences(job));
}

function sentences(job: JobView): string[] {
  const name = `job ${plainLine(job.run)}/${job.job_id}`;
  if (job.status === 'waiting') return [`${name} has ${job.nodes.join(' ')}; its runner is being started`];
  if (job.status !== 'queued') return [`${name} does not wait: it is ${job.status}`];
  if (job.why_waiting === null)
    return [`${name} has not been looked at yet: jobs with lower priorities, or older ones, come first`];
  const expected =
    job.expected_start === null
      ? 'when it will start cannot be said'
      : `expected to start at the latest ${job.expected_start.slice(0, 19)}Z`;
  return [`${name} ${plainLine(job.why_waiting)}`, expected];
}
