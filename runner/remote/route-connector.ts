import type { Logger } from '../../core/ports/logger.ts';
import { connectWithRetry } from './connect-retry.ts';
import type { Connection } from './connection.ts';
import type { RetryOptions } from './retry.ts';
import { connectAlong, resolveRoute } from './ssh-target.ts';
import type { Route, SshSite, SshTarget } from './ssh-target.ts';

/** Makes connections to one target; all show the same host key. */
export interface RouteConnector {
  /** With patience for a host that is only coming up: ten attempts within 144 seconds of sleep. */
  first(options: { attempts?: number; signal?: AbortSignal }): Promise<Connection>;
  /** After a loss: four attempts within 24 seconds of sleep, or as many as fit into `timeoutMs`. */
  again(options: { timeoutMs?: number; signal?: AbortSignal }): Promise<Connection>;
  /** Beside a connection that is up. */
  another(): Promise<Connection>;
}

export interface RouteConnectorParams {
  readonly target: SshTarget;
  readonly site: SshSite;
  readonly log: Logger;
  readonly signal: AbortSignal | undefined; // of the job
  readonly sleepFor: RetryOptions['sleepFor'];
}

const connectTimeoutMs = 60_000;
const reconnectTimeoutMs = 30_000;

export function createRouteConnector(params: RouteConnectorParams): RouteConnector {
  const { target, log } = params;
  let route: Route | null = null;

  async function open(how: {
    retry: RetryOptions;
    timeoutMs: number;
    announce: string | null;
    signal?: AbortSignal;
  }): Promise<Connection> {
    const signals = [how.signal, params.signal].filter((signal) => signal !== undefined);
    const signal = AbortSignal.any(signals);
    route ??= await resolveRoute(target, params.site, log);
    const way = route;
    return await connectWithRetry({
      host: target.hostname,
      log,
      open: () => connectAlong(way, { host: target.shortname, timeoutMs: how.timeoutMs, signal }),
      retry: { ...how.retry, signal, sleepFor: params.sleepFor },
      announce: how.announce,
    });
  }

  return {
    first: ({ attempts = 10, signal }) =>
      open({
        retry: { sleep: 1, increment: 3, tries: attempts },
        timeoutMs: connectTimeoutMs,
        announce: null,
        signal,
      }),
    again: ({ timeoutMs = reconnectTimeoutMs, signal }) =>
      open({
        retry: { sleep: 6, increment: 3, timeout: timeoutMs / 1000 },
        timeoutMs: Math.min(Math.max(timeoutMs, 5000), connectTimeoutMs),
        announce: `Trying to reconnect to host '${target.shortname}'`,
        signal,
      }),
    another: () =>
      open({ retry: { sleep: 1, increment: 3, tries: 3 }, timeoutMs: connectTimeoutMs, announce: null }),
  };
}
