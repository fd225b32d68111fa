import type { ConnectionPool, Urgency } from './connection-pool.ts';

export interface PlainResult {
  readonly exitStatus: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const mostOutput = 64 * 1024;

/**
 * Runs a short command line of the layer's own: unlogged, without announcement, at most 64 KiB of output kept. Rejects when the
 * connection cannot carry it or the time is over; the command itself may fail.
 */
export async function plainExec(
  pool: ConnectionPool,
  line: string,
  options: { timeoutMs: number; urgency?: Urgency },
): Promise<PlainResult> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  const { channel, exit, closed, release } = await pool.open(line, {
    urgency: options.urgency ?? 'run',
    signal,
  });
  const output = { stdout: '', stderr: '' };
  const { promise: late, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => {
    channel.close();
    reject(signal.reason);
  };
  let exitStatus: number | null = null;
  signal.addEventListener('abort', giveUp, { once: true });
  void exit.then(({ status }) => {
    exitStatus = status;
  });
  channel.on('data', (chunk: Buffer) => {
    if (output.stdout.length < mostOutput) output.stdout += chunk.toString('utf8');
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    if (output.stderr.length < mostOutput) output.stderr += chunk.toString('utf8');
  });
  channel.end();
  try {
    await Promise.race([closed, late]);
    return { exitStatus, ...output };
  } finally {
    signal.removeEventListener('abort', giveUp);
    release();
  }
}
