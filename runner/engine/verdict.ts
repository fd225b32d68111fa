import type { FinalStatus } from '../../core/results/job-state.ts';
import { failureText } from './failure.ts';
import type { JobStoppedError } from './stop.ts';
import type { Summary } from './summary.ts';

/** Turns failures into the job's status and reason, in its summary. */
export interface Verdict {
  /** A failure that appeared while nothing told its task to end: a later stop does not take its place. */
  saw(failure: Error): void;
  /** The failure that ended the job's list. After a stop, the stop is the failure, whatever the tasks made of it. */
  taskFailed(failure: Error): void;
  /** A failed undo; below the job's own list it counts only when it tells that a host was lost, since the list throws it too. */
  undoFailed(failure: Error, depth: number): void;
  /** The last word: a stop that no task noticed still ends the job as dead, and no failed job is without a reason. */
  close(): FinalStatus;
}

/**
 * The first reason wins for good, also one that a task wrote into the summary itself. A lost host makes the job `dead`, and
 * nothing makes a dead job `fail`.
 */
export function createVerdict(params: {
  summary: Summary;
  isTransportError: (error: unknown) => boolean;
  stopped: () => JobStoppedError | null;
}): Verdict {
  const { summary } = params;
  const record = (failure: Error, dead: boolean): void => {
    if (dead || params.isTransportError(failure)) setStatus(summary, 'dead');
    else if (statusOf(summary) !== 'dead') setStatus(summary, 'fail');
    summary.failure_reason ??= failureText(failure);
  };
  const seen = new WeakSet<Error>();
  return {
    saw(failure) {
      seen.add(failure);
    },
    taskFailed(failure) {
      const stop = params.stopped();
      if (stop === null || seen.has(failure)) record(failure, false);
      else record(stop, stop.kind !== 'crashed');
    },
    undoFailed(failure, depth) {
      if (depth === 0) record(failure, false);
      else if (params.isTransportError(failure)) setStatus(summary, 'dead');
    },
    close() {
      const stop = params.stopped();
      if (stop !== null && statusOf(summary) === 'pass') record(stop, stop.kind !== 'crashed');
      const status = statusOf(summary);
      if (status !== 'pass') summary.failure_reason ??= `the job is ${status}, and no task gave a reason`;
      return status;
    },
  };
}

/** The status a summary tells: the explicit one, else what `success` says. */
export function statusOf(summary: Summary): FinalStatus {
  return summary.status ?? (summary.success ? 'pass' : 'fail');
}

/** Sets the status, and `success` with it. */
export function setStatus(summary: Summary, status: FinalStatus): void {
  summary.status = status;
  summary.success = status === 'pass';
}
