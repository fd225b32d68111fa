import { Command } from 'commander';
import { InputError } from './client/failure.ts';
import { findLab } from './client/lab-client.ts';
import { printJson, printLines } from './client/print.ts';
import { exitStatusOf, finishedLine, verdictTable } from './client/verdicts.ts';
import { waitForRun } from './client/wait.ts';
import { duration } from './lock/options.ts';

interface WaitOptions {
  readonly run?: string;
  readonly timeout?: number; // seconds
  readonly json: boolean;
  readonly folder?: string;
}

/** `loligo wait RUN`, and the original's `-r RUN`. */
export function command(): Command {
  return new Command('wait')
    .summary('wait until a run is over')
    .description(
      'Waits until every job of a run is over, prints each as it ends, and then a table of all with those that did not pass first. It is told by the lab as things happen, and asks now and then where that does not work; a restart of the lab does not end it.',
    )
    .argument('[run]', 'run name')
    .option('-r, --run <run>', 'the same, as the original takes it')
    .option('--timeout <time>', 'give up after 90s, 30m, 8h, 3d, 1w (default: never)', duration)
    .option('--json', 'for programs: the jobs, once all are over', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      `
Examples:
  loligo wait ann-2026-01-02_03:04:05-smoke
  loligo wait RUN --timeout 8h && echo all passed
  loligo wait RUN --json | jq '.[] | select(.status != "pass") | .log_url'

Exit status: 0 every job passed, 1 a test failed or the time is over, 2 no lab answers, 3 no test failed, but jobs are dead.`,
    )
    .action(async (given: string | undefined, options: WaitOptions) => {
      const run = options.run ?? given;
      if (run === undefined) throw new InputError('which run? loligo wait RUN');
      await wait(run, options);
    });
}

async function wait(run: string, options: WaitOptions): Promise<void> {
  const signal = options.timeout === undefined ? undefined : AbortSignal.timeout(options.timeout * 1000);
  try {
    const jobs = await waitForRun(findLab(options), run, {
      pollMs: 2000,
      ...(signal && { signal }),
      ...(!options.json && { onFinished: (job) => console.log(finishedLine(job)) }),
    });
    if (options.json) await printJson(jobs);
    else await printLines(['', ...verdictTable(jobs)]);
    process.exitCode = exitStatusOf(jobs);
  } catch (error) {
    if (signal?.aborted)
      throw new InputError(`run ${run} is not over after ${options.timeout} s`, { cause: error });
    throw error;
  }
}
