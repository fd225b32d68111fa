import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launcher, LaunchParams } from '../../core/ports/launcher.ts';
import { archivePath } from '../../core/ports/archive.ts';
import { labFolder } from './lab-folder.ts';
import { idleRunners } from './idle-runners.ts';
import type { IdleRunners } from './idle-runners.ts';
import { pidOf, processIdentity } from './process-identity.ts';

export interface ChildLauncherOptions {
  readonly folder: string; // the lab's
  readonly runnerMain: string; // the runner's entry file
  readonly archiveUrl: string | null; // where the archive is served; null = nowhere
  readonly env: Readonly<Record<string, string | undefined>>; // of the runner
  readonly providers?: readonly AssignedProvider[]; // those that runners need
  readonly nodePath?: string; // default: the program that runs this
  readonly idle?: number; // runners that are kept ready; default: none
  /** Called when a runner of this process has ended: a reason to sweep at once. */
  readonly onExit?: (runner: string) => void;
}

/** What a runner is told: a file of its own, named on its command line. */
export interface Assignment extends LaunchParams {
  readonly folder: string; // the lab's
  readonly archiveUrl: string | null;
  readonly providers?: readonly AssignedProvider[];
}

/** A provider that makes nodes what a job asks for, as the runner opens it: with the lab's own name and folder. */
export interface AssignedProvider {
  readonly provider: string;
  readonly options: unknown;
  readonly lab: string;
  readonly folder: string;
}

/** The runner process could not be started, or ended before it could be seen. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
  constructor(attempt: LaunchParams['attempt'], options?: ErrorOptions) {
    super(`cannot start a runner for ${attempt.run}/${attempt.jobId}`, options);
  }
}

export interface ChildLauncher extends Launcher {
  /** Resolves when none of the runners runs any more that this process has started, also those whose claim was taken back. */
  settled(): Promise<void>;
  /** Ends the runners that wait for a job; those that have one go on. */
  close(): Promise<void>;
}

/**
 * Runners as child processes. Each leads a process group and a session of its own, so that it goes on when the lab is stopped
 * or killed; its output goes to `supervisor.JOB.log` in the job's archive folder. Runner ids are process identities. Each
 * executes one attempt and ends; with `idle`, it may have been started before there was one.
 */
export function childLauncher(options: ChildLauncherOptions): ChildLauncher {
  const running = new Set<Promise<unknown>>();
  const idle = idleRunners({
    folder: labFolder(options.folder).runners,
    workFolder: options.folder,
    command: commandOf(options),
    env: options.env,
    count: options.idle ?? 0,
  });
  return {
    async launch(params) {
      try {
        const assignment = await writeAssignment(options, params);
        const child = await startRunner({ ...options, idleRunners: idle }, { ...params, assignment });
        const ended = once(child, 'exit')
          .catch(() => undefined)
          .finally(() => running.delete(ended));
        running.add(ended);
        const runner = child.pid === undefined ? null : await processIdentity(child.pid);
        if (runner === null) throw new Error(`it ended at once with exit status ${child.exitCode}`);
        child.once('exit', () => options.onExit?.(runner));
        return runner;
      } catch (cause) {
        throw new LaunchError(params.attempt, { cause });
      }
    },
    close: () => idle.close(),
    settled: async () => void (await Promise.all(running)),
    isAlive: async (runner) => (await livePid(runner)) !== null,
    async stop(runner, { force }) {
      const pid = await livePid(runner);
      if (pid === null) return;
      try {
        // Asked politely, the runner ends its children itself, in order; force takes the whole group.
        process.kill(force ? -pid : pid, force ? 'SIGKILL' : 'SIGTERM');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    },
  };
}

async function livePid(runner: string): Promise<number | null> {
  const pid = pidOf(runner);
  return pid !== null && (await processIdentity(pid)) === runner ? pid : null;
}

async function writeAssignment(options: ChildLauncherOptions, params: LaunchParams): Promise<string> {
  const { runners } = labFolder(options.folder);
  const { jobId, fence } = params.attempt;
  const file = join(runners, `${jobId}.${fence}.json`);
  const { folder, archiveUrl, providers } = options;
  const assignment: Assignment = { folder, archiveUrl, ...(providers && { providers }), ...params };
  await mkdir(runners, { recursive: true, mode: 0o700 });
  await writeFile(`${file}.partial`, JSON.stringify(assignment), { mode: 0o600 });
  await rename(`${file}.partial`, file);
  return file;
}

function commandOf({ nodePath, runnerMain }: ChildLauncherOptions): [string, string] {
  return [nodePath ?? process.execPath, runnerMain];
}

async function startRunner(
  options: ChildLauncherOptions & { idleRunners: IdleRunners },
  params: LaunchParams & { assignment: string },
): Promise<ChildProcess> {
  const { run, jobId } = params.attempt;
  const folder = join(labFolder(options.folder).archive, archivePath(`${run}/${jobId}`));
  await mkdir(folder, { recursive: true });
  const logFile = join(folder, `supervisor.${jobId}.log`);
  const ready = await options.idleRunners.give({ assignment: params.assignment, log: logFile });
  if (ready !== null) return ready;
  const log = await open(logFile, 'a', 0o644);
  try {
    const [program, runnerMain] = commandOf(options);
    const child = spawn(program, [runnerMain, params.assignment], {
      cwd: options.folder,
      env: options.env,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    return child;
  } catch (error) {
    await rm(params.assignment, { force: true });
    throw error;
  } finally {
    await log.close();
  }
}
