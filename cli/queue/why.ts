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
    const { run: name, job_id, status, why_waiting, earliest_start, likely_start, expected_start } = job;
    return await printJson({
      run: name,
      job_id,
      status,
      why_waiting,
      earliest_start,
      likely_start,
      expected_start,
    });
  }
  await printLines(sentences(job));
}

function sentences(job: JobView): string[] {
  const name = `job ${plainLine(job.run)}/${job.job_id}`;
  if (job.status === 'waiting') return [`${name} has ${job.nodes.join(' ')}; its runner is being started`];
  if (job.status !== 'queued') return [`${name} does not wait: it is ${job.status}`];
  if (job.why_waiting === null)
    return [`${name} has not been looked at yet: jobs with lower priorities, or older ones, come first`];
  return [`${name} ${plainLine(job.why_waiting)}`, startInterval(job)];
}

/** From the earliest to the latest start, with the likely one; what nothing bounds is said to be unknown. */
export function startInterval(
  job: Pick<JobView, 'earliest_start' | 'likely_start' | 'expected_start'>,
): string {
  const { earliest_start: earliest, likely_start: likely, expected_start: latest } = job;
  if (earliest === null && latest === null) return 'when it will start is unknown: nothing bounds it yet';
  const from = earliest === null ? 'unknown' : second(earliest);
  const until = latest === null ? 'unknown' : second(latest);
  const between = likely === null || likely === latest ? '' : `, likely by ${second(likely)}`;
  return `expected to start: earliest ${from}${between}, latest ${until}, as the queue stands`;
}

function second(time: string): string {
  return `${time.slice(0, 19)}Z`;
}
