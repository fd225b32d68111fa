import type { PauseView } from '../../api/pause-routes.ts';
import { everyQueue } from '../../core/ports/pauses.ts';
import { plainLine } from '../client/columns.ts';
import { InputError } from '../client/failure.ts';
import { apiPath } from '../client/lab-client.ts';
import type { LabClient } from '../client/lab-client.ts';
import { printJson, printLines } from '../client/print.ts';
import type { QueueOptions } from './options.ts';

interface Touched {
  readonly jobs: readonly { readonly run: string; readonly job_id: number }[];
}

/** Ends the queued jobs of the runs whose name contains a text, and says so for each. */
export async function deleteJobs(lab: LabClient, pattern: string, options: QueueOptions): Promise<void> {
  if (pattern === '') throw new InputError('--delete needs a part of the names of runs');
  const { machineType = null, reason = null } = options;
  const wish = { run_contains: pattern, machine_type: machineType, reason };
  await report('Deleting', await lab.post<Touched>('/v1/queue/delete', wish), options);
}

/** Gives the queued jobs of a run or an owner another place. */
export async function moveJobs(lab: LabClient, priority: number, options: QueueOptions): Promise<void> {
  const { machineType = null, run = null, user = null } = options;
  if (run === null && user === null) throw new InputError('whose priority? Give --run RUN or --user OWNER');
  const wish = { run, owner: user, machine_type: machineType, priority };
  await report(`Priority ${priority} for`, await lab.post<Touched>('/v1/queue/priority', wish), options);
}

/** Stops a queue, or all; 0 seconds end the pause. */
export async function pauseQueue(lab: LabClient, seconds: number, options: QueueOptions): Promise<void> {
  const { machineType = everyQueue, reason = 'no reason given' } = options;
  const queue = machineType === everyQueue ? 'every queue' : `the queue of ${machineType}`;
  if (seconds === 0) {
    const ended = await lab.post<{ machine_type: string }>(apiPath('queues', machineType, 'resume'), {});
    if (options.json) return await printJson(ended);
    return await printLines([`${queue} is not paused any more`]);
  }
  const path = apiPath('queues', machineType, 'pause');
  const pause = await lab.put<PauseView>(path, { seconds, reason });
  if (options.json) return await printJson(pause);
  await printLines([`${queue} is paused until ${pause.until.slice(0, 19)}Z: ${plainLine(pause.reason)}`]);
}

async function report(what: string, { jobs }: Touched, { json }: QueueOptions): Promise<void> {
  if (json) return await printJson(jobs);
  if (jobs.length === 0) return await printLines(['no queued job fits']);
  await printLines(jobs.map((job) => `${what} ${plainLine(job.run)}/${job.job_id}`));
}
