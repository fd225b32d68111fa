import type { Remote } from './remote.ts';
import type { RetryOptions } from './retry.ts';
import { attempts, MaxWhileTriesError } from './retry.ts';
import { HostKeyMismatchError, isTransportError, RebootFailedError } from './transport-errors.ts';

export interface RebootParams {
  readonly host: string;
  readonly run: Remote['run'];
  readonly reconnect: Remote['reconnect'];
  readonly timeoutMs?: number; // default 5 minutes
  readonly signal?: AbortSignal;
  readonly sleepFor?: RetryOptions['sleepFor'];
}

const pollSeconds = 5;

/** Changes with every start of a machine, and of a container. */
const bootMark = `cat /proc/sys/kernel/random/boot_id; sed 's/.*) //' /proc/1/stat | cut -d ' ' -f 20`;

/**
 * Reboots a host and waits until it answers as a newly started one: a connection that the old system still accepted while it went down
 * does not count. Throws RebootFailedError after the timeout.
 */
export async function rebootHost(params: RebootParams): Promise<void> {
  const { host, timeoutMs = 300_000, signal } = params;
  const before = await readMark(params);
  await shutDown(params);
  const retry = { sleep: pollSeconds, timeout: timeoutMs / 1000, signal, sleepFor: params.sleepFor };
  let last: unknown = null;
  try {
    for await (const _ of attempts(retry)) {
      try {
        await params.reconnect({ timeoutMs: 1000, signal });
        if ((await readMark(params)) !== before) return;
        last = null;
      } catch (error) {
        if (rootIsWrongKey(error)) throw error;
        ignoreLoss(error);
        last = error;
      }
    }
  } catch (error) {
    if (!(error instanceof MaxWhileTriesError)) throw error;
    const state = last === null ? 'it still runs as before' : 'it does not answer';
    throw new RebootFailedError(
      host,
      `${host} was told to reboot, and after ${timeoutMs / 1000} seconds ${state}`,
      { cause: last ?? error },
    );
  }
}

/** The command may not live to tell its status: only one that it chose itself is a refusal. */
async function shutDown({ host, run, signal }: RebootParams): Promise<void> {
  const command = 'sudo shutdown -r now';
  const result = await run(command, { check: false, signal }).catch(ignoreLoss);
  const status = result?.exitStatus ?? 0;
  if (status > 0 && status < 128)
    throw new RebootFailedError(host, `'${command}' ended with ${status} on ${host}`);
}

async function readMark({ run, signal }: RebootParams): Promise<string> {
  const options = { collect: 'stdout', quiet: true, timeoutMs: 60_000, signal } as const;
  return (await run(bootMark, options)).stdout;
}

function ignoreLoss(error: unknown): null {
  if (!isTransportError(error)) throw error;
  return null;
}

function rootIsWrongKey(error: unknown): boolean {
  return error instanceof Error && (error instanceof HostKeyMismatchError || rootIsWrongKey(error.cause));
}
