import { setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import type { Logger } from '../../core/ports/logger.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { killScript } from './kill-script.ts';
import { plainExec } from './plain-exec.ts';

export interface TerminateParams {
  readonly pool: ConnectionPool;
  readonly log: Logger;
  readonly channel: ClientChannel;
  readonly pid: Promise<number | null>; // null = the command ended unannounced
  readonly graceSeconds: number; // between SIGTERM and SIGKILL
  readonly command: string; // for messages
}

/** How long the announcement of a process id, and the host's answer to the kill script, may take beyond the grace. */
const pidPatienceMs = 5000;
const answerMs = 15_000;

/**
 * Ends all processes of a command: SIGTERM, the grace, SIGKILL. Never rejects: when the host cannot be told, a line in the log says that
 * processes may be left.
 */
export async function terminate(params: TerminateParams): Promise<void> {
  const pid = await withPatience(params.pid, pidPatienceMs);
  if (pid === null) {
    params.channel.signal('KILL');
    return;
  }
  const line = killScript({ pid, signal: 'TERM', graceSeconds: params.graceSeconds });
  try {
    const timeoutMs = params.graceSeconds * 1000 + answerMs;
    const killed = await plainExec(params.pool, line, { timeoutMs, urgency: 'kill' });
    if (killed.exitStatus === 0) return;
    params.log.warn(
      `Processes survived SIGKILL: ${killed.stdout.trim()} ${killed.stderr.trim()} of ${params.command}`,
    );
  } catch (error) {
    params.log.warn(`Processes may be left of ${params.command}: ${String(error)}`);
  }
}

async function withPatience<T>(value: Promise<T>, ms: number): Promise<T | null> {
  const over = new AbortController();
  const patience = delay(ms, null, { signal: over.signal }).catch(() => null);
  try {
    return await Promise.race([value, patience]);
  } finally {
    over.abort();
  }
}
