import { setTimeout as timer } from 'node:timers/promises';
import type { Clock } from '../../core/ports/clock.ts';
import type { AttemptRef, JobStore, KillRequest } from '../../core/ports/job-store.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { JobStoppedError } from '../engine/stop.ts';

export interface LeaseParams {
  readonly jobs: Pick<JobStore, 'renew'>;
  readonly attempt: AttemptRef;
  readonly leaseUntil: number; // epoch ms, as far as it reaches now
  readonly clock: Clock;
  readonly log: Logger;
  readonly renewEveryMs: number;
  readonly leaseMs: number;
  readonly retryMs?: number; // after a store error, default 1 s
  readonly sleep?: Sleep; // default: the process's own timers
}

/** How long a renewal may take when the lease is over by our clock, as it is after the machine has slept. */
const answerMs = 5000;

/** Resolves after so many milliseconds, or as soon as the signal is aborted. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Sleeps by the timers of the process. */
export const realSleep: Sleep = (ms, signal) => timer(ms, undefined, signal && { signal }).catch(() => {});

/** The lease of a running attempt, which is renewed until it is closed. */
export interface Lease {
  /** Aborted with a JobStoppedError: `killed` when somebody asked for the end, `lease-lost` when the nodes are no longer ours. */
  readonly signal: AbortSignal;
  /** Aborted with `lease-lost` alone, also when `signal` has been aborted by a kill before. */
  readonly gone: AbortSignal;
  readonly killed: KillRequest | null;
  readonly lost: boolean;
  /** Whether the lease reaches beyond now, by our own clock. */
  readonly valid: boolean;
  /** Renews now, and so learns of a request to end without waiting for the next turn. Never rejects. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Renews at once and then regularly. A store that fails for a moment is asked again until the lease is over; then the attempt
 * must be taken as lost, since somebody else may have the nodes, and that also while a call is on its way which nobody answers. A
 * request to end does not end the renewing: the attempt still has to unwind.
 */
export function keepLease(params: LeaseParams): Lease {
  const { clock, log, sleep = realSleep } = params;
  const stop = new AbortController();
  const gone = new AbortController();
  const closed = new AbortController();
  let leaseUntil = params.leaseUntil;
  let killed: KillRequest | null = null;
  let lost = false;

  const lose = (reason: string) => {
    if (lost || closed.signal.aborted) return;
    lost = true;
    const error = new JobStoppedError('lease-lost', reason);
    stop.abort(error);
    gone.abort(error);
  };
  /** Returns how long to wait before the next time; null = never again. */
  const renewOnce = async (): Promise<number | null> => {
    const now = clock.now();
    try {
      const result = await params.jobs.renew(params.attempt, { leaseUntil: now + params.leaseMs, now });
      if (result.kind === 'stale') {
        lose('lost the lease: the job has been taken from this runner');
        return null;
      }
      leaseUntil = now + params.leaseMs;
      if (result.kind === 'killed' && killed === null) {
        killed = result.request;
        stop.abort(new JobStoppedError('killed', result.request.reason));
      }
      return params.renewEveryMs;
    } catch (error) {
      if (clock.now() >= leaseUntil) {
        lose(`lost the lease: it could not be renewed in time (${String(error)})`);
        return null;
      }
      log.warn(`the lease could not be renewed, trying again: ${String(error)}`);
      return params.retryMs ?? 1000;
    }
  };
  /** The same, unless the lease ends while nobody answers. A moment is given to the call even when it is over already. */
  const renewInTime = async (): Promise<number | null> => {
    const left = Math.max(leaseUntil - clock.now(), answerMs);
    const answered = new AbortController();
    const answer = renewOnce().finally(() => answered.abort());
    const silence = sleep(Math.min(left, params.leaseMs), answered.signal).then(() => {
      if (answered.signal.aborted) return answer;
      lose('lost the lease: nobody answered while it was to be renewed');
      return null;
    });
    return await Promise.race([answer, silence]);
  };
  const turns = async () => {
    for (;;) {
      const wait = closed.signal.aborted ? null : await renewInTime();
      if (wait === null) return;
      await sleep(wait, closed.signal);
    }
  };
  const over = turns();

  return {
    signal: stop.signal,
    gone: gone.signal,
    get killed() {
      return killed;
    },
    get lost() {
      return lost;
    },
    get valid() {
      return !lost && clock.now() < leaseUntil;
    },
    async renew() {
      if (!lost) await renewOnce();
    },
    async close() {
      closed.abort();
      await over;
    },
  };
}
