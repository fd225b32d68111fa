import { around } from './around.ts';

/** One call of a store as the store itself saw it, whatever became of the reply. */
export interface StoreCall {
  readonly kind: 'call';
  readonly order: number;
  readonly at: number; // virtual ms
  readonly who: string;
  readonly method: string; // 'jobs.claim'
  readonly args: readonly unknown[];
  outcome: { readonly answer: unknown } | { readonly error: unknown } | null; // null = not over
}

/** What happened in the world without a store. */
export type WorldFact =
  | {
      readonly fact: 'effect'; // an attempt did something to its nodes
      readonly jobId: number;
      readonly fence: number;
      readonly runner: string;
      readonly nodes: readonly string[];
      readonly leavesDirt: boolean; // false = it made them as new
    }
  | { readonly fact: 'used' | 'tidied'; readonly lockId: string; readonly nodes: readonly string[] } // by a person
  | { readonly fact: 'cleaned'; readonly node: string; readonly fence: number } // by the provider, physically
  | { readonly fact: 'runner-gone'; readonly runner: string; readonly jobId: number; readonly fence: number }
  | {
      readonly fact: 'silent' | 'speaks';
      readonly runner: string;
      readonly jobId: number;
      readonly fence: number;
    }
  | { readonly fact: 'lab-up' | 'lab-down' }
  | { readonly fact: 'workers-wait' | 'no-worker-waits'; readonly machineType: string; readonly lab: string }
  | { readonly fact: 'paused'; readonly machineType: string; readonly until: number } // by people; until 0 = resumed
  | { readonly fact: 'mailed'; readonly id: string } // accepted by the next station
  | { readonly fact: 'clock-jump'; readonly ms: number };

export interface WorldEvent {
  readonly kind: 'fact';
  readonly order: number;
  readonly at: number;
  readonly fact: WorldFact;
}

export type Entry = StoreCall | WorldEvent;

/** Everything that happened, in the order in which it took effect. */
export interface History {
  readonly entries: readonly Entry[];
  /** The changing calls of a port, noted under a name of whoever makes them. */
  tap<Port extends object>(port: Port, params: { who: string; prefix: 'jobs' | 'nodes' }): Port;
  note(fact: WorldFact): void;
  /** Hands over what has been noted since the last time. All calls begun must be over. */
  fresh(): readonly Entry[];
}

const changing: ReadonlySet<string> = new Set([
  'jobs.createRun',
  'jobs.closeRun',
  'jobs.enqueue',
  'jobs.claim',
  'jobs.unclaim',
  'jobs.handBack',
  'jobs.start',
  'jobs.renew',
  'jobs.finish',
  'jobs.kill',
  'jobs.expireQueued',
  'jobs.setPriority',
  'nodes.register',
  'nodes.remove',
  'nodes.lockMany',
  'nodes.renew',
  'nodes.release',
  'nodes.beginCleaning',
  'nodes.cleaned',
  'nodes.mark',
]);

/** Whether a call is an operation: one that may change what is stored. */
export function isChanging(method: string): boolean {
  return changing.has(method);
}

/** A history by the clock `now`. SQLite takes effect while it is called, so that the order of calls is the order of effects. */
export function history(now: () => number): History {
  const entries: Entry[] = [];
  let handedOver = 0;
  return {
    entries,
    tap: (port, { who, prefix }) =>
      around(port, async ({ method, args, make }) => {
        const name = `${prefix}.${method}`;
        if (!isChanging(name)) return await make();
        const call: StoreCall = {
          kind: 'call',
          order: entries.length,
          at: now(),
          who,
          method: name,
          args,
          outcome: null,
        };
        entries.push(call);
        try {
          const answer = await make();
          call.outcome = { answer };
          return answer;
        } catch (error) {
          call.outcome = { error };
          throw error;
        }
      }),
    note: (fact) => void entries.push({ kind: 'fact', order: entries.length, at: now(), fact }),
    fresh() {
      const fresh = entries.slice(handedOver);
      handedOver = entries.length;
      return fresh;
    },
  };
}
