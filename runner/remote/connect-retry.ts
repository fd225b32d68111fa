import type { Logger } from '../../core/ports/logger.ts';
import type { Connection } from './connection.ts';
import { attempts, MaxWhileTriesError } from './retry.ts';
import type { RetryOptions } from './retry.ts';
import { ConnectFailedError, HostKeyMismatchError, IdentityFileError } from './transport-errors.ts';

export interface ConnectRetryParams {
  readonly host: string;
  readonly log: Logger;
  readonly open: () => Promise<Connection>; // one attempt
  readonly retry: RetryOptions;
  readonly announce: string | null; // logged before each attempt
}

/**
 * Tries until a connection is up. Whatever goes wrong on the way is tried again, a refused TCP connection as well as a refused login; a
 * wrong host key or an unusable private key is not, since waiting does not mend it. Throws ConnectFailedError.
 */
export async function connectWithRetry(params: ConnectRetryParams): Promise<Connection> {
  const { host, log } = params;
  let last: unknown = null;
  try {
    for await (const _ of attempts({ ...params.retry, action: `connect to ${host}` })) {
      if (params.announce !== null) log.info(params.announce);
      try {
        return await params.open();
      } catch (error) {
        if (isFinal(error) || params.retry.signal?.aborted) throw error;
        last = error;
        log.warn(
          `${isLogin(error) ? 'Error authenticating with' : 'Error connecting to'} ${host}: ${text(error)}`,
        );
      }
    }
  } catch (error) {
    if (!(error instanceof MaxWhileTriesError)) throw error;
    throw new ConnectFailedError(host, `${error.message}: ${text(last)}`, { cause: last });
  }
  throw new ConnectFailedError(host, `no attempt to connect to ${host} was made`);
}

function isFinal(error: unknown): boolean {
  return error instanceof HostKeyMismatchError || error instanceof IdentityFileError;
}

function isLogin(error: unknown): boolean {
  return error instanceof Error && (error as { level?: string }).level === 'client-authentication';
}

function text(error: unknown): string {
  return error instanceof Error ? error.message || String((error as { code?: string }).code) : String(error);
}
