import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface IdleRunnersOptions {
  readonly folder: string; // their logs are in it while they wait
  readonly workFolder: string; // that runners work in
  readonly command: readonly [program: string, ...args: string[]]; // of a runner; `--idle LOG` is added
  readonly env: Readonly<Record<string, string | undefined>>; // of the runner
  readonly count: number;
  readonly afterMs?: number; // without a launch before missing ones are made up for; default 400
  readonly forMs?: number; // without a launch before they are given up; default 10 minutes
}

/** Runners that have loaded their modules and wait for a job: what is saved is the longest part of a job's start. */
export interface IdleRunners {
  /**
   * Makes an idle runner the one of this attempt, with `log` as the file that it writes to: its process, or null when none is there
   * or the file exists. Each runner is given away once. Counts as a launch either way.
   */
  give(attempt: { assignment: string; log: string }): Promise<ChildProcess | null>;
  /** Ends those that wait, and makes no more. */
  close(): Promise<void>;
}

interface Idle {
  readonly child: ChildProcess;
  readonly log: string;
  readonly over: Promise<unknown>; // when the process has ended
}

/** What a program reads of its environment when it starts; the rest comes with the assignment. */
const readAtStart = ['HOME', 'LANG', 'LC_ALL', 'TZ'];

/**
 * Keeps some runners idle. They are made up for when no job has been started for a moment, and given up when none has been for
 * long. One that whoever started it has let go of, also by dying, ends by itself.
 */
export function idleRunners(options: IdleRunnersOptions): IdleRunners {
  const waiting: Idle[] = [];
  const { afterMs = 400, forMs = 600_000 } = options;
  const state = { closed: false, made: 0, filling: Promise.resolve() };
  let timers: NodeJS.Timeout[] = [];

  const fill = async () => {
    if (state.made === 0) await removeLeftLogs(options.folder);
    while (!state.closed && waiting.length < options.count) {
      const idle = await startIdle(options, `idle.${process.pid}.${(state.made += 1)}.log`);
      if (idle === null) return;
      waiting.push(idle);
      void idle.over.then(() => drop(waiting, idle));
    }
  };
  const stopTimers = () => timers.splice(0).forEach((timer) => clearTimeout(timer));
  const launched = () => {
    stopTimers();
    if (state.closed || options.count === 0) return;
    const soon = setTimeout(() => (state.filling = fill().catch(() => undefined)), afterMs);
    const late = setTimeout(() => waiting.splice(0).forEach(letGo), Math.max(forMs, afterMs + 1));
    timers = [soon.unref(), late.unref()];
  };
  launched();

  return {
    async give(attempt) {
      launched();
      const idle = waiting.shift();
      if (idle === undefined) return null;
      try {
        // The runner goes on writing to the file that it has open, under its new name.
        await link(idle.log, attempt.log);
      } catch {
        if (state.closed) letGo(idle);
        else waiting.unshift(idle);
        return null;
      }
      await rm(idle.log, { force: true });
      return (await order(idle.child, { file: attempt.assignment, env: options.env })) ? idle.child : null;
    },
    async close() {
      state.closed = true;
      stopTimers();
      await state.filling;
      const ending = waiting.splice(0);
      ending.forEach(letGo);
      ending.forEach(({ child }) => child.ref());
      const patience = AbortSignal.timeout(2000);
      await Promise.race([Promise.all(ending.map(({ over }) => over)), once(patience, 'abort')]);
      for (const { child } of ending) child.kill('SIGKILL');
    },
  };
}

/** Null when it could not be started; a launch that needs one will say why. */
async function startIdle(options: IdleRunnersOptions, name: string): Promise<Idle | null> {
  const log = join(options.folder, name);
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const output = await open(log, 'a', 0o644);
  try {
    const [program, ...args] = options.command;
    const child = spawn(program, [...args, '--idle', log], {
      cwd: options.workFolder,
      env: Object.fromEntries(readAtStart.map((key) => [key, options.env[key]])),
      detached: true,
      stdio: ['ignore', output.fd, output.fd, 'ipc'],
    });
    const over = once(child, 'exit').catch(() => undefined);
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    // What becomes of a message is told to its sender; an error of the channel alone must not end the lab.
    child.on('error', () => undefined);
    child.unref();
    child.channel?.unref();
    return { child, log, over };
  } catch {
    await rm(log, { force: true });
    return null;
  } finally {
    await output.close();
  }
}

/** False when the process is no longer there to be told. */
async function order(child: ChildProcess, message: { file: string; env: object }): Promise<boolean> {
  const sent = await new Promise<boolean>((resolve) =>
    child.send(message, (error) => resolve(error === null)),
  );
  const runs = child.exitCode === null && child.signalCode === null;
  if (sent && runs) return true;
  child.kill('SIGKILL');
  return false;
}

function letGo({ child }: Idle): void {
  if (child.connected) child.disconnect();
}

function drop(waiting: Idle[], idle: Idle): void {
  const index = waiting.indexOf(idle);
  if (index >= 0) waiting.splice(index, 1);
}

/** Of idle runners that were killed. */
async function removeLeftLogs(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => /^idle\.\d+\.\d+\.log$/.test(name));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
}
