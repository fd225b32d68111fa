import { start } from 'node:repl';
import { inspect } from 'node:util';
import type { Logger } from '../../core/ports/logger.ts';
import type { Cluster } from '../remote/cluster.ts';

const banner = 'Ceph test interactive mode, use ctx to interact with the cluster, press control-D to exit...';

/** Where a person sits; null in a job that nobody watches. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/**
 * Opens a prompt on the terminal with `ctx`, `config` and `pp` bound, and resolves when it is left or the signal is aborted.
 * Without a terminal it says so in the log and resolves at once, so that an unattended job is never held up.
 */
export async function interact(params: {
  reason: string;
  terminal: Terminal | null;
  log: Logger;
  signal: AbortSignal;
  context: { readonly cluster: Cluster; readonly job: unknown };
}): Promise<void> {
  const { terminal, log, signal, context } = params;
  if (terminal === null || terminal.input.isTTY !== true) {
    log.info(`${params.reason}: no terminal is attached, going on`);
    return;
  }
  if (signal.aborted) return;
  const say = (text: string): void => void terminal.output.write(`${text}\n`);
  say(`${params.reason}\n${banner}`);
  for (const remote of context.cluster.remotes) say(`  ${remote.name}: ${remote.sshCommand}`);
  const prompt = start({
    prompt: '>>> ',
    input: terminal.input,
    output: terminal.output,
    ignoreUndefined: true,
  });
  const pp = (value: unknown): void => say(inspect(value, { depth: null, colors: true }));
  Object.assign(prompt.context, { ctx: context, config: context.job, pp });
  const { promise, resolve } = Promise.withResolvers<void>();
  prompt.once('exit', () => resolve());
  signal.addEventListener('abort', () => prompt.close(), { once: true });
  await promise;
}
