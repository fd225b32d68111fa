import { setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import type { Connection } from './connection.ts';
import type { Output } from './output.ts';

/** How a command ended, as far as the host said. */
export interface CommandEnd {
  readonly exitStatus: number | null;
  readonly signal: string | null; // without SIG
  /** The connection went away before all of status and output had come. */
  readonly lost: boolean;
}

/** A channel whose streams are being read. */
export interface WatchedChannel {
  readonly channel: ClientChannel;
  readonly connection: Connection;
  readonly outputs: readonly Output[];
}

/** How long output may stay silent after the command's end while a process that it left behind keeps it open. */
const silenceMs = 10_000;

/** A server that ends a channel without a status may only be about to end the connection. */
const lossNoticeMs = 1000;

/**
 * Waits for exit status and the end of both outputs. Processes that a command leaves in the background keep its outputs open: they are
 * listened to until they are silent for ten seconds, then the channel is closed under them.
 */
export async function commandEnd(watched: WatchedChannel, onLeftOpen: () => void): Promise<CommandEnd> {
  const { channel, connection, outputs } = watched;
  let exitStatus: number | null = null;
  let signal: string | null = null;
  let complete = false;
  const exited = new Promise<void>((resolve) => {
    channel.once('exit', (code: number | null, signalName?: string) => {
      exitStatus = code;
      signal = signalName?.replace(/^SIG/, '') ?? null;
      resolve();
    });
  });
  const closed = new Promise<void>((resolve) => {
    channel.once('close', () => resolve());
  });
  const read = Promise.all(outputs.map((output) => output.ended)).then(() => {
    complete = connection.isOpen;
  });
  const over = Promise.all([read, closed]);
  const silence = new AbortController();
  const left = exited.then(() => silent(outputs, silence.signal)).catch(() => over);
  await Promise.race([over.then(() => 'over'), left.then(() => 'left')]);
  silence.abort();
  const known = exitStatus !== null || signal !== null;
  if (!complete && known && connection.isOpen) {
    complete = true;
    onLeftOpen();
    channel.close();
    for (const output of outputs) output.abandon();
  }
  const lost = known ? !complete && signal === null : await isLost(connection);
  return { exitStatus, signal, lost };
}

async function silent(outputs: readonly Output[], signal: AbortSignal): Promise<void> {
  const exitedAt = performance.now();
  for (;;) {
    const last = Math.max(exitedAt, ...outputs.map((output) => output.lastActivity));
    const wait = last + silenceMs - performance.now();
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
