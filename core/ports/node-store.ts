import type { Node, NodeSpec, NodeState } from '../locks/node.ts';
import type { AttemptRef, Transition } from './job-store.ts';

/** The inventory and the locks of people. Locks of jobs move through JobStore, in the job's own transaction. */
export interface NodeStore {
  /**
   * Adds nodes as `free`, or refreshes the spec of known ones; state, lock and fence of a known node are left alone. A node that
   * comes back goes on from its last fence.
   */
  register(specs: readonly NodeSpec[], now: number): Promise<void>;
  /**
   * Stores what a node of an attempt has become in its hands: another address, port or system. `stale` when the attempt does not hold
   * it (any more): nothing is changed then (L3). A second call changes nothing.
   */
  moved(attempt: AttemptRef, params: { spec: NodeSpec; now: number }): Promise<Transition>;
  /**
   * As `register`, for one node that a person enters: `stale`, with nothing changed, when a node of that name has come from another
   * provider.
   */
  enroll(spec: NodeSpec, now: number): Promise<Transition>;
  /**
   * Stores the host key that a node shows, and nothing else of it. With `ifHeldBy` only while that owner has it locked. Null, with
   * nothing changed, when that does not hold, while the node is being cleaned, and when it is unknown. A second call changes nothing.
   */
  setHostKey(params: {
    name: string;
    hostKey: string;
    ifHeldBy?: string;
    by: string;
    now: number;
  }): Promise<{ readonly node: Node; readonly was: string | null } | null>;
  /** Forgets a node. `stale` while it is locked. */
  remove(name: string): Promise<Transition>;
  get(name: string): Promise<Node | null>;
  /**
   * In name order (code points). With `after` the nodes behind that name, with `limit` the first of them: a page costs its own
   * length, however far into the inventory it is. What a filter passes over may have to be read.
   */
  list(filter?: NodeFilter): Promise<Node[]>;

  /**
   * Locks all the named nodes for a person, or none. Repeating it with the same `lockId` answers as the first time.
   * Refused with the reason when any is not free, and when the lock id has been used before and is over or held other nodes.
   */
  lockMany(params: LockRequest): Promise<LockResult>;
  /** Sets a person's lease. `stale` when the lock is over, or is a job's. */
  renew(lockId: string, params: { leaseUntil: number | null; now: number }): Promise<Transition>;
  /**
   * Ends a person's lock; nodes go to `dirty`, or to `free` when `clean`. A second call is `stale`, as is one with
   * `ifLeaseEndedBefore` when the lease reaches further. With `nodes` only those are given back, and the lock lives on in the
   * others; `stale` when it does not hold all of them.
   */
  release(
    lockId: string,
    params: { clean: boolean; now: number; ifLeaseEndedBefore?: number; nodes?: readonly string[] },
  ): Promise<Transition>;
  /** Sets the description that people read beside a node, in any state. `stale` when it is unknown. */
  describe(params: {
    name: string;
    description: string | null;
    by: string;
    now: number;
  }): Promise<Transition>;

  /** `dirty` to `cleaning` for one cleaner; null when somebody else has it. The fence it returns guards `cleaned`. */
  beginCleaning(name: string, now: number): Promise<{ fence: number; node: Node } | null>;
  /** `cleaning` to `free`, with what the provider says the node now is. `stale` for an old fence. */
  cleaned(params: { name: string; fence: number; spec: Partial<NodeSpec>; now: number }): Promise<Transition>;
  /**
   * To `quarantined` from any state but `locked`, or back to `dirty` (retest), or from `quarantined` and `dirty` to `free`
   * when somebody vouches for the node. `stale` from any other state, when unknown, and when `fence` or `ifMarkedBy` is given and
   * the node's is another. A second call changes only the reason and who gave it (`markedBy`); the next grant, release or cleaning that
   * works takes both away.
   */
  mark(params: {
    name: string;
    fence?: number;
    ifMarkedBy?: string;
    state: 'quarantined' | 'dirty' | 'free';
    reason: string;
    by: string;
    now: number;
  }): Promise<Transition>;
  /** What happened to a node, newest first. */
  history(name: string, limit: number): Promise<NodeEvent[]>;
}

export interface NodeFilter {
  readonly machineType?: string;
  readonly state?: NodeState;
  readonly after?: string; // a name, which need not be known
  readonly limit?: number; // default: all
}

export interface LockRequest {
  readonly lockId: string;
  readonly nodes: readonly string[];
  readonly owner: string;
  readonly description: string | null;
  readonly leaseUntil: number | null; // null = until released
  readonly now: number;
}

export type LockResult =
  | { readonly kind: 'locked'; readonly nodes: readonly Node[] }
  | { readonly kind: 'refused'; readonly reason: string };

export interface NodeEvent {
  readonly at: number; // epoch ms
  readonly event: string; // 'locked', 'released', 'cleaning', 'cleaned', 'quarantined', ...
  readonly by: string;
  readonly detail: string;
}
