import type { Cluster } from '../remote/cluster.ts';
import type { ConnectOptions, Remote } from '../remote/remote.ts';
import type { RunJobParams } from './job-params.ts';
import { makeCluster } from './make-cluster.ts';

/** Connections to the hosts of a job that were begun before the task that opens them, so that its first files are written meanwhile. */
export interface EarlyConnections {
  /** The job's hosts; null = nothing was begun. */
  readonly cluster: Cluster | null;
  /** As Remote.connect. The first call for a host joins the attempt that was begun, and its signal ends that. */
  connect(remote: Remote, options: ConnectOptions): Promise<void>;
}

type EarlyParams = Parameters<typeof makeCluster>[0] &
  Pick<RunJobParams, 'checkLocks' | 'connectAttempts' | 'lockMachines'>;

/**
 * Begins at once for a job whose hosts are known and need not be asked for: not for one that is yet to lock its machines, to have them
 * prepared or to show that they are its owner's. What is wrong with its targets is left to be said by the tasks.
 */
export function connectEarly(params: EarlyParams): EarlyConnections {
  const cluster = clusterNow(params);
  const begun = new Map<Remote, { over: Promise<void>; ending: AbortController }>();
  for (const remote of cluster?.remotes ?? []) {
    const ending = new AbortController();
    const signal = AbortSignal.any([ending.signal, params.stop.running]);
    const over = remote.connect({ signal, ...attemptsOf(params) });
    over.catch(() => undefined); // the task tells
    begun.set(remote, { over, ending });
  }
  return {
    cluster,
    async connect(remote, options) {
      const early = begun.get(remote);
      begun.delete(remote);
      if (early === undefined) return await remote.connect({ ...options, ...attemptsOf(params) });
      const end = () => early.ending.abort(options.signal?.reason);
      if (options.signal?.aborted) end();
      options.signal?.addEventListener('abort', end, { once: true });
      try {
        await early.over;
      } finally {
        options.signal?.removeEventListener('abort', end);
      }
    },
  };
}

function clusterNow(params: EarlyParams): Cluster | null {
  const asked = params.lockMachines !== undefined || params.nodes !== undefined;
  if (asked || params.checkLocks !== undefined || !Array.isArray(params.job['roles'])) return null;
  try {
    return makeCluster(params);
  } catch {
    return null;
  }
}

function attemptsOf({ connectAttempts }: EarlyParams): Pick<ConnectOptions, 'attempts'> {
  return connectAttempts === undefined ? {} : { attempts: connectAttempts };
}
