import { setMaxListeners } from 'node:events';
import type { Manager } from './manager.ts';
import type { StopControl } from './stop.ts';

/** A list of tasks that is unwound as one, and the signals that its tasks see. */
export interface Scope {
  readonly managers: Manager[]; // in the order of entering
  readonly depth: number;
  readonly parentStep: number | null;
  phase: 'enter' | 'unwind';
  /** Tells a task to end: the job's stop or a sibling's failure while entering, the end of all patience while unwinding. */
  readonly signal: AbortSignal;
  /** The job's own stop, without the siblings. */
  readonly jobSignal: AbortSignal;
}

/** Makes a scope; `outer` is the one whose task opens it, and `signal` may cancel it earlier. */
export function createScope(params: {
  stop: StopControl;
  outer: Scope | null;
  parentStep: number | null;
  signal?: AbortSignal;
}): Scope {
  const { stop, outer } = params;
  const jobSignal = outer?.phase === 'unwind' ? stop.unwinding : (outer?.jobSignal ?? stop.running);
  const base = outer?.signal ?? stop.running;
  const entering = params.signal ? AbortSignal.any([base, params.signal]) : base;
  setMaxListeners(0, entering);
  const scope: Scope = {
    managers: [],
    depth: outer === null ? 0 : outer.depth + 1,
    parentStep: params.parentStep,
    phase: 'enter',
    get signal() {
      return scope.phase === 'enter' ? entering : stop.unwinding;
    },
    get jobSignal() {
      return scope.phase === 'enter' ? jobSignal : stop.unwinding;
    },
  };
  return scope;
}
