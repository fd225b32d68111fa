import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../core/ports/logger.ts';
import { CommandCrashedError, CommandFailedError, ConnectionLostError } from './command-errors.ts';
import { commandEnd } from './command-end.ts';
import type { CommandEnd } from './command-end.ts';
import { ChannelNotOpenedError } from './connection.ts';
import type { ConnectionPool, OpenedChannel, Urgency } from './connection-pool.ts';
import { feedInput, inputPipe } from './input.ts';
import { killScript } from './kill-script.ts';
import { readOutput } from './output.ts';
import type { Output } from './output.ts';
import { createPidMarker } from './pid-marker.ts';
import type { PidMarker } from './pid-marker.ts';
import { plainExec } from './plain-exec.ts';
import type { CommandResult, RemoteProcess, RunOptions } from './remote.ts';
import { createStopper, stopError } from './stop-cause.ts';
import type { Stopper } from './stop-cause.ts';
import { terminate } from './terminate.ts';

/** What a command needs of its host. */
export interface CommandHost {
  readonly host: string; // shortname
  readonly pool: ConnectionPool;
  readonly log: Logger; // for what is said about a command
  readonly marker: string; // announces process ids; random, so that no output is mistaken for it
  readonly killGraceSeconds: number; // between SIGTERM and SIGKILL
  readonly silenceSeconds: number; // how long processes that an ended command left behind are listened to
}

/** One command, ready to be sent. */
export interface CommandRequest {
  readonly line: string; // what is sent
  readonly text: string; // what is shown
  readonly label: string | null;
  readonly urgency: Urgency;
  readonly input: RunOptions['stdin'] | 'pipe' | 'closed';
  readonly limits: { readonly stdout: number | null; readonly stderr: number | null }; // bytes to keep
  readonly logLine: { stdout: (line: string) => void; stderr: (line: string) => void } | null; // null = quiet
  readonly onStdout: RunOptions['onStdout'];
  readonly onStderr: RunOptions['onStderr'];
  readonly check: boolean;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

interface Running {
  readonly host: CommandHost;
  readonly request: CommandRequest;
  readonly stopper: Stopper;
  readonly opened: OpenedChannel;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly pid: Promise<number | null>;
  readonly begunAt: number; // performance.now()
}

/** Time for a killed command's channel to close by itself. */
const closeMs = 2000;

/**
 * Sends a command and returns once the host has started it; deadline and cancellation count from the call. Throws when it could not
 * be started.
 */
export async function startProcess(host: CommandHost, request: CommandRequest): Promise<RemoteProcess> {
  const begunAt = performance.now();
  const stopper = createStopper(request);
  const source = request.input instanceof Readable ? request.input : null;
  // It may break before the command is there to read it, when nobody else listens yet.
  source?.once('error', (error) => stopper.stop({ kind: 'stream', stream: 'stdin', error }));
  let opened: OpenedChannel;
  try {
    opened = await host.pool.open(request.line, { urgency: request.urgency, signal: stopper.signal });
  } catch (error) {
    stopper.dispose();
    source?.destroy();
    throw startError(error, { request, stopper, result: emptyResult(host, request, begunAt) });
  }
  const running = watch({ host, request, stopper, opened, begunAt });
  let finished = false;
  const done = finish(running).finally(() => {
    finished = true;
  });
  done.catch(() => {}); // Whoever waits is told; a daemon that nobody waits for may fail unheard.
  const stdin = provideInput(running);
  return {
    command: request.text,
    stdin,
    get finished() {
      return finished;
    },
    wait: () => done,
    async kill(signal = 'TERM') {
      const pid = finished
        ? null
        : await Promise.race([
            running.pid,
            done.then(
              () => null,
              () => null,
            ),
          ]);
      if (pid === null) return;
      const line = killScript({ pid, signal, graceSeconds: null });
      await plainExec(host.pool, line, { timeoutMs: 30_000, urgency: 'kill' });
    },
  };
}

function startError(
  error: unknown,
  context: { request: CommandRequest; stopper: Stopper; result: CommandResult },
): unknown {
  if (context.stopper.cause !== null) return stopError(context.stopper.cause, context.result);
  return error instanceof ChannelNotOpenedError ? new ConnectionLostError(context.result, error) : error;
}

function emptyResult(host: CommandHost, request: CommandRequest, begunAt: number): CommandResult {
  return {
    host: host.host,
    command: request.text,
    label: request.label,
    exitStatus: null,
    signal: null,
    stdout: '',
    stderr: '',
    durationMs: Math.round(performance.now() - begunAt),
  };
}

function watch(started: Pick<Running, 'host' | 'request' | 'stopper' | 'opened' | 'begunAt'>): Running {
  const { host, request, opened } = started;
  const marker = createPidMarker(host.marker);
  const { promise: pid, resolve } = Promise.withResolvers<number | null>();
  const filter: Pick<PidMarker, 'push' | 'end'> = {
    push(chunk) {
      const rest = marker.push(chunk);
      if (marker.pid !== null) resolve(marker.pid);
      return rest;
    },
    end: marker.end,
  };
  void opened.closed.then(() => resolve(marker.pid));
  const stdout = output(started, { stream: 'stdout', onChunk: request.onStdout ?? null });
  const stderr = output(started, { stream: 'stderr', onChunk: request.onStderr ?? null, filter });
  return { ...started, stdout, stderr, pid };
}

function output(
  { request, stopper, opened }: Pick<Running, 'request' | 'stopper' | 'opened'>,
  params: {
    stream: 'stdout' | 'stderr';
    onChunk: ((chunk: Buffer) => void | Promise<void>) | null;
    filter?: Pick<PidMarker, 'push' | 'end'>;
  },
): Output {
  const { stream } = params;
  const limit = request.limits[stream];
  return readOutput({
    ...params,
    stream: stream === 'stdout' ? opened.channel : opened.channel.stderr,
    log: request.logLine?.[stream] ?? null,
    limit,
    onFailure: (error) => stopper.stop({ kind: 'stream', stream, error }),
    onOverflow: () => stopper.stop({ kind: 'overflow', stream, limit: limit ?? 0 }),
  });
}

function provideInput({ request, opened, stopper }: Running): RemoteProcess['stdin'] {
  const { input } = request;
  if (input === 'pipe') return inputPipe(opened);
  if (input === 'closed' || input === undefined) opened.channel.end();
  else {
    feedInput(opened, input).catch((error: unknown) =>
      stopper.stop({ kind: 'stream', stream: 'stdin', error }),
    );
  }
  return null;
}

async function finish(running: Running): Promise<CommandResult> {
  const { host, request, stopper, opened, stdout, stderr } = running;
  const natural = commandEnd(
    { ...opened, outputs: [stdout, stderr] },
    {
      silenceSeconds: host.silenceSeconds,
      onLeftOpen: () => host.log.debug(`Not waiting for background processes of ${request.text}`),
    },
  );
  const killed = stopped(running);
  const end = await Promise.race([natural, killed]);
  // The shell may be gone before its children: the deadline is met only when all of them are.
  if (stopper.cause !== null) await killed;
  stopper.dispose();
  opened.release();
  const result: CommandResult = {
    ...emptyResult(host, request, running.begunAt),
    exitStatus: end?.exitStatus ?? null,
    signal: end?.signal ?? null,
    stdout: stdout.text(),
    stderr: stderr.text(),
  };
  if (stopper.cause !== null) throw stopError(stopper.cause, result);
  if (end !== null) judge(end, { result, check: request.check });
  return result;
}

/** Resolves once a command that is to be ended has been killed and its channel closed. */
async function stopped(running: Running): Promise<null> {
  const { host, request, stopper, opened, stdout, stderr, pid } = running;
  if (!stopper.signal.aborted) {
    await new Promise((resolve) => stopper.signal.addEventListener('abort', resolve, { once: true }));
  }
  const { channel } = opened;
  await terminate({
    ...host,
    channel,
    pid,
    graceSeconds: host.killGraceSeconds,
    command: request.text,
  });
  const closing = new AbortController();
  const patience = delay(closeMs, undefined, { signal: closing.signal }).catch(() => {});
  await Promise.race([Promise.all([stdout.ended, stderr.ended]), patience]);
  closing.abort();
  channel.close();
  stdout.abandon();
  stderr.abandon();
  return null;
}

function judge(end: CommandEnd, { result, check }: { result: CommandResult; check: boolean }): void {
  const { exitStatus } = end;
  if (end.lost) throw new ConnectionLostError({ ...result, exitStatus: null });
  if (exitStatus === null) {
    if (check || end.signal === null) throw new CommandCrashedError(result);
  } else if (exitStatus !== 0 && check) {
    throw new CommandFailedError({ ...result, exitStatus });
  }
}
