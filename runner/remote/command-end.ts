import { setTimeout as delay } from 'node:timers/promises';
import type { CommandChannel, CommandExit, Connection } from './connection.ts';
import type { Output } from './output.ts';

/** How a command ended, as far as the host said. */
export interface CommandEnd {
  readonly exitStatus: number | null;
  readonly signal: string | null; // without SIG
  /** The connection went away before all of status and output had come. */
  readonly lost: boolean;
}

/** A channel whose streams are being read. */
export interface WatchedChannel extends CommandChannel {
  readonly connection: Connection;
  readonly outputs: readonly Output[];
}

/** A server that ends a channel without a status may only be about to end the connection. */
const lossNoticeMs = 1000;

/**
 * Waits for exit status and the end of both outputs. Processes that a command leaves in the background keep its outputs open: they are
 * listened to until they have been silent for a while, then the channel is closed under them.
 */
export async function commandEnd(
  watched: WatchedChannel,
  options: { silenceSeconds: number; onLeftOpen: () => void },
): Promise<CommandEnd> {
  const { channel, connection, outputs, closed } = watched;
  let exit: CommandExit | null = null;
  let complete = false;
  const exited = watched.exit.then((how) => {
    exit = how;
  });
  const read = Promise.all(outputs.map((output) => output.ended)).then(() => {
    complete = connection.isOpen;
  });
  const over = Promise.all([read, closed]);
  const silence = new AbortController();
  const left = exited
    .then(() => silent({ outputs, signal: silence.signal, seconds: options.silenceSeconds }))
    .catch(() => over);
  await Promise.race([over.then(() => 'over'), left.then(() => 'left')]);
  silence.abort();
  const how = exit as CommandExit | null;
  if (!complete && how !== null && connection.isOpen) {
    complete = true;
    options.onLeftOpen();
    channel.close();
    for (const output of outputs) output.abandon();
  }
  if (how === null) return { exitStatus: null, signal: null, lost: await isLost(connection) };
  return { exitStatus: how.status, signal: how.signal, lost: !complete && how.signal === null };
}

async function silent(params: {
  outputs: readonly Output[];
  signal: AbortSignal;
  seconds: number;
}): Promise<void> {
  const { outputs, signal } = params;
  const exitedAt = performance.now();
  for (;;) {
    const last = Math.max(exitedAt, ...outputs.map((output) => output.lastActivity));
    const wait = last + params.seconds * 1000 - performance.now();
    if (wait <= 0) return;
    await delay(wait, undefined, { signal });
  }
}

async function isLost(connection: Connection): Promise<boolean> {
  const notice = new AbortController();
  const quiet = delay(lossNoticeMs, undefined, { signal: notice.signal }).catch(() => {});
  await Promise.race([connection.ended, quiet]);
  notice.abort();
  return !connection.isOpen;
}
