import { setMaxListeners } from 'node:events';

/** Why a job must stop before its tasks are done. */
export type StopKind =
  | 'killed' // somebody asked for it
  | 'timeout' // the job's deadline
  | 'lease-lost' // the nodes belong to somebody else now: nothing may be done to them any more
  | 'crashed'; // an error outside of any task, such as a promise that nobody awaited

/** The reason of the signal that stops a job. Its message is the job's failure reason. */
export class JobStoppedError extends Error {
  override readonly name = 'JobStoppedError';
  readonly kind: StopKind;
  constructor(kind: StopKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** The two signals of a job: one ends its tasks, the other ends even their unwinding. */
export interface StopControl {
  /** Aborted when the tasks must end. */
  readonly running: AbortSignal;
  /** Aborted when nothing more may be done to the hosts: the lease is lost, or the time for unwinding is over. */
  readonly unwinding: AbortSignal;
  readonly stopped: JobStoppedError | null;
  /** Asks the job to stop. Only the first reason counts, but a lost lease always ends the unwinding too. */
  stop(reason: JobStoppedError): void;
  /** Ends the unwinding now. */
  abandon(): void;
  /** Lets go of timers and listeners. */
  dispose(): void;
}

export interface StopParams {
  readonly signal: AbortSignal; // its reason should be a JobStoppedError; anything else counts as a kill
  readonly giveUp?: AbortSignal; // ends the unwinding at once; its reason may be a JobStoppedError too
  readonly unwindMs: number; // how long unwinding may go on after a stop
  readonly maxSeconds: number | null; // the job's deadline; null = none
}

/** Watches everything that can end a job early. The budget for unwinding starts with the stop, not with the unwinding. */
export function createStopControl(params: StopParams): StopControl {
  const running = new AbortController();
  const unwinding = new AbortController();
  const released = new AbortController();
  setMaxListeners(0, running.signal, unwinding.signal); // one listener for each task and command is no leak
  const timers: NodeJS.Timeout[] = [];
  let stopped: JobStoppedError | null = null;

  const later = (ms: number, act: () => void): void => {
    const longest = 2 ** 31 - 1; // what a Node timer can hold: about 24 days
    timers.push(setTimeout(act, Math.min(ms, longest)));
  };
  const control: StopControl = {
    running: running.signal,
    unwinding: unwinding.signal,
    get stopped() {
      return stopped;
    },
    stop(reason) {
      if (stopped === null) {
        stopped = reason;
        running.abort(reason);
        later(params.unwindMs, () => unwinding.abort(reason));
      }
      if (reason.kind === 'lease-lost') unwinding.abort(reason);
    },
    abandon() {
      control.stop(new JobStoppedError('killed', 'killed'));
      unwinding.abort(stopped);
    },
    dispose() {
      released.abort();
      for (const timer of timers) clearTimeout(timer);
    },
  };
  whenAborted(params.signal, released.signal, (reason) => control.stop(asStop(reason)));
  if (params.giveUp) {
    whenAborted(params.giveUp, released.signal, (reason) => {
      if (reason instanceof JobStoppedError) control.stop(reason);
      control.abandon();
    });
  }
  if (params.maxSeconds !== null) {
    later(params.maxSeconds * 1000, () =>
      control.stop(new JobStoppedError('timeout', 'hit max job timeout')),
    );
  }
  return control;
}

function whenAborted(signal: AbortSignal, until: AbortSignal, act: (reason: unknown) => void): void {
  if (signal.aborted) act(signal.reason);
  else signal.addEventListener('abort', () => act(signal.reason), { once: true, signal: until });
}

function asStop(reason: unknown): JobStoppedError {
  return reason instanceof JobStoppedError
    ? reason
    : new JobStoppedError('killed', 'killed', { cause: reason });
}
