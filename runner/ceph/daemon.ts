import { setTimeout as sleep } from 'node:timers/promises';
import type { DaemonHelper } from '../helpers/daemon-helper.ts';
import type { Logger, Remote, RemoteProcess } from '../engine/task.ts';
import { toError } from '../engine/failure.ts';
import { CommandFailedError } from '../remote/command-errors.ts';
import { isTransportError } from '../remote/transport-errors.ts';

/** A daemon that runs in the foreground under the daemon helper, one SSH channel each, for as long as its standard input is open. */
export interface Daemon {
  readonly role: string; // as the job's roles have it
  readonly cluster: string;
  readonly type: string;
  readonly id: string;
  readonly remote: Remote;
  /** Whether a process was started and has not ended. */
  readonly running: boolean;
  /** How it ended against expectation, until it is started or stopped again, or its end was waited for; else null. */
  readonly died: DaemonDiedError | null;
  /** Starts it; one that runs is stopped first. `extra` words are for this start only. */
  start(extra?: readonly string[]): Promise<void>;
  /** Closes its standard input, which ends it, and waits. Safe on one that has ended. How it ends does not matter. */
  stop(): Promise<void>;
  /** Sends a signal by its number; the daemon is expected to survive it. */
  signal(number: number): void;
  /** Waits until it has ended by itself. Throws DaemonStillRunsError when it has not in time. */
  waitForEnd(params: { timeoutMs: number; signal: AbortSignal }): Promise<void>;
}

export interface DaemonParams {
  readonly role: string;
  readonly cluster: string;
  readonly type: string;
  readonly id: string;
  readonly remote: Remote;
  readonly helper: DaemonHelper;
  readonly words: readonly string[]; // the command in the foreground
  readonly end: 'kill' | 'term'; // what the end of standard input means
  readonly log: Logger;
  /** It ended although nobody asked it to; `stillDead` tells whether that is so at a later time. */
  readonly onDeath: (failure: DaemonDiedError, stillDead: () => boolean) => void;
}

/** A daemon ended that should run. The message has the last lines that it wrote. */
export class DaemonDiedError extends Error {
  override readonly name = 'DaemonDiedError';
  readonly role: string;
  constructor(
    params: { role: string; host: string; how: string; said: string },
    options: { cause: unknown },
  ) {
    const said = params.said === '' ? '' : `; it said: ${params.said}`;
    super(`ceph: ${params.role} on ${params.host} ${params.how}${said}`, options);
    this.role = params.role;
  }
}

/** A daemon that was to end by itself did not. */
class DaemonStillRunsError extends Error {
  override readonly name = 'DaemonStillRunsError';
}

/** A daemon did not end after its standard input was closed. */
class DaemonStopError extends Error {
  override readonly name = 'DaemonStopError';
}

const stopMs = 300_000; // the original's
const tailBytes = 4096;
const shownLines = 6;

/** Makes the handle of a daemon; nothing is started yet. */
export function createDaemon(params: DaemonParams): Daemon {
  const { role, remote, helper, end, log } = params;
  let current: RemoteProcess | null = null;
  let died: DaemonDiedError | null = null;
  let wanted = false;

  async function stop(): Promise<void> {
    wanted = false;
    died = null;
    const process = current;
    if (process === null) return;
    if (!process.finished) log.info(`Stopping ${role}...`);
    process.stdin?.end();
    if (!(await endedWithin(process, stopMs))) {
      throw new DaemonStopError(
        `ceph: ${role} on ${remote.shortname} did not end ${stopMs / 1000} s after it was told to`,
      );
    }
    if (current === process) current = null;
  }

  async function start(extra: readonly string[] = []): Promise<void> {
    await stop();
    log.info(`Starting ${role} on ${remote.shortname}...`);
    let said = '';
    const listen = (chunk: Buffer): void => {
      said = (said + chunk.toString('utf8')).slice(-tailBytes);
    };
    wanted = true;
    const process = await remote.start(
      ['sudo', ...helper.command([...params.words, ...extra], { end, group: false })],
      {
        stdin: 'pipe',
        logger: log,
        onStdout: listen, // some programs complain there
        onStderr: listen,
      },
    );
    current = process;
    process.wait().then(
      () => ended(process, 'ended by itself with status 0', said, null),
      (error: unknown) => ended(process, howItEnded(error), said, error),
    );
  }

  function ended(process: RemoteProcess, how: string, said: string, cause: unknown): void {
    if (process !== current || !wanted) return;
    wanted = false;
    const failure = new DaemonDiedError(
      { role, host: remote.shortname, how, said: lastLines(said) },
      { cause },
    );
    died = failure;
    log.error(failure.message);
    params.onDeath(failure, () => died === failure);
  }

  return {
    role,
    cluster: params.cluster,
    type: params.type,
    id: params.id,
    remote,
    get running() {
      return current !== null && !current.finished;
    },
    get died() {
      return died;
    },
    start,
    stop,
    signal(number) {
      log.info(`Sending signal ${number} to ${role}...`);
      if (current !== null && !current.finished) current.stdin?.write(Buffer.from([number]));
    },
    async waitForEnd({ timeoutMs, signal }) {
      wanted = false; // from here on its death is what is wanted
      const process = current;
      if (process !== null && !(await endedWithin(process, timeoutMs, signal))) {
        wanted = true;
        throw new DaemonStillRunsError(
          `ceph: ${role} on ${remote.shortname} still runs after ${timeoutMs / 1000} s, although it was to fail by itself`,
        );
      }
      died = null;
      current = null;
    },
  };
}

async function endedWithin(process: RemoteProcess, ms: number, signal?: AbortSignal): Promise<boolean> {
  const patience = new AbortController();
  const either = signal ? AbortSignal.any([signal, patience.signal]) : patience.signal;
  const late = sleep(ms, false, { signal: either }).catch(() => {
    signal?.throwIfAborted();
    return true;
  });
  const ended = process.wait().then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, late]);
  } finally {
    patience.abort();
  }
}

function howItEnded(error: unknown): string {
  if (isTransportError(error)) return 'was lost with its connection';
  if (error instanceof CommandFailedError) return `died with status ${error.exitStatus}`;
  return `died (${toError(error).message})`;
}

/** The last lines of what a daemon said, on one line. Its own stack and register dumps say less than what stands before them. */
function lastLines(said: string): string {
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const dump = lines.findIndex((line) => /^(NOTE: a copy of the executable|\*\*\* Caught signal)/.test(line));
  return (dump > 0 ? lines.slice(0, dump + 1) : lines).slice(-shownLines).join(' | ');
}
