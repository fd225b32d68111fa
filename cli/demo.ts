import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { helpText } from './client/help-text.ts';
import { wholeNumber } from './client/failure.ts';
import { labClient } from './client/lab-client.ts';
import type { JobView, LabClient, Submitted } from './client/lab-client.ts';
import { startLab, usualMostRunners } from './lab/lab.ts';
import type { Lab } from './lab/lab.ts';
import { targetChoices } from './lab/targets.ts';
import { killProcessesOf } from './lab/processes-of.ts';
import { progressLine } from './client/progress-line.ts';
import { runnerEnvironment } from './runner-environment.ts';
import { StoppedError, exitCodeOf, stopSignals } from './client/stop-signals.ts';
import type { StopSignals } from './client/stop-signals.ts';
import { exitStatusOf, finishedLine, verdictTable } from './client/verdicts.ts';
import { waitForRun } from './client/wait.ts';

interface DemoOptions {
  withFailure: boolean;
  targets: 'sandbox' | 'docker';
  nodes: number;
  keep: boolean;
  ceph: boolean;
}

/** `loligo demo`: a lab of its own in a temporary folder, the small suite that ships, its verdicts and logs, and nothing left behind. */
export function command(): Command {
  return new Command('demo')
    .summary('run a whole lab once, with a small suite')
    .description(
      'Starts a lab in a temporary folder, queues a suite that ships with Loligo, shows how its jobs go on, prints a table of verdicts with the URL of each log, and leaves nothing running. The archive stays.',
    )
    .option('--with-failure', 'with one job that fails, to see what that looks like', false)
    .addOption(
      new Option('--targets <kind>', 'where nodes come from')
        .choices(['sandbox', 'docker'])
        .default('sandbox'),
    )
    .option('--nodes <n>', 'how many nodes to make', wholeNumber(3), 4)
    .option(
      '--ceph',
      'a real Ceph cluster on three containers: the suite ceph/smoke, which installs it first',
      false,
    )
    .option('--keep', 'leave the lab up after the verdicts, until Ctrl-C', false)
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo demo', 'nine jobs, about half a minute'],
          ['loligo demo --with-failure --keep', 'with a failure to look at in the pages'],
          ['loligo demo --ceph', 'a real Ceph cluster on three containers'],
        ],
        '0 every job passed, 1 a test failed or a log cannot be read, 3 no test failed, but jobs are dead, 130 or 143 stopped by a signal',
      ),
    )
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options.ceph ? { ...options, targets: 'docker', nodes: 3 } : options);
    });
}

async function demo(options: DemoOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-demo-'));
  const stop = stopSignals();
  // A reader that went away (`| head`) must not keep the demo from cleaning up.
  process.stdout.on('error', () => undefined);
  void stop.first.then(() => console.log('stopping: ending the jobs, removing the nodes'));
  let lab: Lab | null = null;
  let exitCode = 1;
  try {
    lab = await startDemoLab(folder, options);
    exitCode = await runSuite(lab, options, stop);
  } catch (error) {
    if (!(error instanceof StoppedError) && !(stop.signal.aborted && isAbort(error))) throw error;
  } finally {
    await takeDown(lab, folder, stop);
    stop.release();
  }
  return stop.signal.aborted ? exitCodeOf((stop.signal.reason as StoppedError).signal) : exitCode;
}

async function startDemoLab(folder: string, options: DemoOptions): Promise<Lab> {
  console.log(`starting a lab in ${folder} with ${options.nodes} ${options.targets} nodes`);
  return await startLab({
    folder,
    host: '127.0.0.1',
    port: 0,
    targets: targetChoices(options.targets, options.nodes, null),
    runnerEnvironment: runnerEnvironment(),
    maxRunners: usualMostRunners(),
    temporary: true,
    say: () => undefined, // the demo tells its own story; the lab's is in lab.log
  });
}

async function runSuite(lab: Lab, options: DemoOptions, stop: StopSignals): Promise<number> {
  stop.signal.throwIfAborted();
  const client = labClient({ url: lab.url, token: () => lab.token });
  const suite = options.ceph ? 'ceph/smoke' : options.withFailure ? 'smoke-with-failure' : 'smoke';
  const submitted = await client.post<Submitted>('/v1/suites', {
    suite,
    suite_dir: join(import.meta.dirname, '..'),
  });
  console.log(`suite ${suite}: ${submitted.jobs} jobs, live at ${submitted.url}`);
  const jobs = await watch(client, submitted.run, stop.signal);
  console.log(['', ...verdictTable(jobs), ''].join('\n'));
  const unread = await unreadableLogs(jobs);
  for (const line of unread) console.log(line);
  if (options.keep) {
    console.log(`The lab stays at ${lab.url}/ until Ctrl-C.`);
    await stop.first;
  }
  return jobs.length > 0 && unread.length === 0 ? exitStatusOf(jobs) : 1;
}

async function watch(client: LabClient, run: string, signal: AbortSignal): Promise<JobView[]> {
  const progress = progressLine(process.stdout);
  try {
    return await waitForRun(client, run, {
      pollMs: 300,
      signal,
      onFinished: (job) => progress.print(finishedLine(job)),
      onProgress: ({ counts }) =>
        progress.show(`${counts.running + counts.waiting} running, ${counts.queued} queued`),
    });
  } finally {
    progress.clear();
  }
}

/** The logs that do not answer at the URL that the table shows, each as a line. */
async function unreadableLogs(jobs: readonly JobView[]): Promise<string[]> {
  const answers = await Promise.all(
    jobs.map(async (job) => {
      if (job.log_url === null) return `job ${job.job_id} has no log URL`;
      const { status, body } = await fetch(job.log_url);
      await body?.cancel();
      return status === 200
        ? null
        : `the log of job ${job.job_id} does not answer: ${job.log_url} gave ${status}`;
    }),
  );
  return answers.filter((answer) => answer !== null);
}

/** Stops everything, and takes away all but the archive. Must work from every state in which the demo may be stopped. */
async function takeDown(lab: Lab | null, folder: string, stop: StopSignals): Promise<void> {
  const hurry = stop.signal.aborted ? Promise.resolve() : stop.first.then(() => undefined);
  await lab?.stop({ destroyTargets: true, endQueued: true, hurry });
  for (const { pid, command } of await killProcessesOf(folder))
    console.log(`killed a process that was left: ${pid} ${command}`);
  const archive = join(folder, 'archive');
  const kept = existsSync(archive) && readdirSync(archive).length > 0;
  for (const name of kept ? readdirSync(folder) : []) {
    if (name !== 'archive') rmSync(join(folder, name), { recursive: true, force: true });
  }
  if (kept) console.log(`The lab has stopped, so its URLs are gone; the same files stay in ${archive}`);
  else rmSync(folder, { recursive: true, force: true });
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.cause instanceof StoppedError);
}
