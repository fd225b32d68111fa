import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import { isLastWord, labPut } from '../adapters/http/lab-calls.ts';
import type { LabAddress } from '../adapters/http/lab-calls.ts';
import type { LaunchParams } from '../core/ports/launcher.ts';
import { InputError, wholeNumber } from './client/failure.ts';
import { findLab, labTokenOf } from './client/lab-client.ts';
import { stopSignals } from './client/stop-signals.ts';
import { cliEnvironment } from './environment.ts';
import { runAssignment } from './worker/run-assignment.ts';

interface WorkerOptions {
  readonly machineType: string;
  readonly name: string;
  readonly jobs: number;
  readonly folder?: string;
  readonly work?: string;
}

/** `loligo worker`: runs the jobs of a machine type for a lab that cannot reach its machines itself. */
export function command(): Command {
  return new Command('worker')
    .summary('run the jobs of a machine type for a lab')
    .description(
      'Runs jobs of a machine type where its machines are, for a lab elsewhere: all connections go out, to the HTTP API of the lab. The lab must have been told that workers serve the type (loligo up --workers TYPE). LOLIGO_API names the lab, LOLIGO_TOKEN is a credential of the pool (loligo token add --pool TYPE NAME) or of an operator. Ctrl-C takes no more jobs and waits for those that run; a second one leaves them to end by themselves.',
    )
    .requiredOption('-m, --machine-type <type>', 'whose jobs to run')
    .option('--name <name>', 'how the lab calls this worker', hostname().split('.')[0])
    .option('--jobs <n>', 'how many at once', wholeNumber(1), 4)
    .option(
      '--work <dir>',
      'where assignments and the output of runners are kept (default: worker in ~/.loligo)',
    )
    .option('--folder <dir>', 'folder of the lab, when it is on this machine')
    .addHelpText(
      'after',
      helpText(
        [
          ['LOLIGO_API=https://lab.example loligo worker -m smithi', 'serve a machine type until Ctrl-C'],
          ['loligo worker -m smithi --jobs 12 --name rack3', 'twelve jobs at once, under a name'],
        ],
        '0 stopped, 1 refused, 2 no lab answers',
      ),
    )
    .action(work);
}

const pollSeconds = 25;

async function work(options: WorkerOptions): Promise<void> {
  const { url } = findLab(options);
  const token = labTokenOf(options);
  if (token === null) throw new InputError('a worker needs a token: set LOLIGO_TOKEN');
  const lab = { url, token };
  const folder = resolve(options.work ?? join(cliEnvironment().folder, 'worker'));
  const stop = stopSignals();
  const stopped = new AbortController();
  void stop.first.then(() => stopped.abort());
  console.log(`worker ${options.name} waits for jobs of ${options.machineType} from ${url}`);
  const turns = Array.from({ length: options.jobs }, () =>
    turn({ lab, options, folder, signal: stopped.signal }),
  );
  void stop.first.then(() =>
    console.log('stopping: no more jobs are taken; those that run go on to their end'),
  );
  await Promise.race([Promise.all(turns), stop.second]);
  stop.release();
  process.exit(0);
}

/** Takes one job after the other. A lab that cannot be reached is asked again; one that refuses us ends the worker. */
async function turn(params: {
  lab: LabAddress;
  options: WorkerOptions;
  folder: string;
  signal: AbortSignal;
}): Promise<void> {
  const { lab, options, signal } = params;
  for (let pauseMs = 1000; !signal.aborted;) {
    let assignment: LaunchParams | null = null;
    try {
      const wish = { machine_type: options.machineType, worker: options.name, wait_seconds: pollSeconds };
      const timeoutMs = (pollSeconds + 20) * 1000;
      const answer = await labPut(lab, '/v1/workers/poll', { body: JSON.stringify(wish), timeoutMs, signal });
      ({ assignment } = answer as { assignment: LaunchParams | null });
      pauseMs = 1000;
    } catch (error) {
      if (signal.aborted) return;
      if (isLastWord(error)) throw new InputError(error.message, { cause: error });
      console.error(
        `${lab.url} does not answer, trying again: ${error instanceof Error ? error.message : String(error)}`,
      );
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      pauseMs = Math.min(30_000, pauseMs * 2);
    }
    if (assignment !== null) await runAssignment({ ...params, assignment });
  }
}
