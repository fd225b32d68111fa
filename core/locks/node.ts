/** A machine in the inventory. */
export interface Node {
  readonly name: string; // unique; also the name in targets, archive folders and log lines
  readonly machineType: string;
  readonly provider: string; // who cleans it: a key of the provider registry
  readonly user: string; // login
  readonly address: string; // host name or IP to connect to
  readonly port: number;
  readonly hostKey: string | null; // `ssh-ed25519 AAAA...`; null = not known yet
  readonly identityFile: string | null; // private key for this node; null = the site's or the caller's default keys
  readonly arch: string;
  readonly osType: string;
  readonly osVersion: string;
  readonly state: NodeState;
  readonly lock: Lock | null;
  readonly fence: number; // grows with every grant, never falls
  readonly description: string | null; // lock reason; for jobs RUN/JOB
  readonly reason: string | null; // why dirty, cleaning or quarantined
  readonly markedBy: string | null; // who gave that reason: a person, or a part of the lab; null = the end of a lock did
  readonly stateSince: number; // epoch ms
  readonly lastUsedAt: number; // epoch ms; 0 = never
}

/**
 * `free` can be locked; `locked` has a holder; `dirty` waits for its provider to clean it; `cleaning` is being cleaned;
 * `quarantined` is kept out of use until somebody or a retest frees it.
 */
export type NodeState = 'free' | 'locked' | 'dirty' | 'cleaning' | 'quarantined';

/** The exclusive right to a node. */
export interface Lock {
  readonly id: string;
  readonly owner: string;
  readonly job: JobRef | null; // null = held by a person
  readonly fence: number;
  readonly since: number; // epoch ms
  readonly leaseUntil: number | null; // epoch ms; null = until released
}

export interface JobRef {
  readonly run: string;
  readonly jobId: number;
}

/** What a node was when it entered the inventory: the fields that only its provider or an operator changes. */
export type NodeSpec = Pick<
  Node,
  | 'name'
  | 'machineType'
  | 'provider'
  | 'user'
  | 'address'
  | 'port'
  | 'hostKey'
  | 'identityFile'
  | 'arch'
  | 'osType'
  | 'osVersion'
>;

/** What a node is now, without its state and lock. */
export function specOf(node: Node): NodeSpec {
  const { name, machineType, provider, user, address, port } = node;
  const { hostKey, identityFile, arch, osType, osVersion } = node;
  return {
    name,
    machineType,
    provider,
    user,
    address,
    port,
    hostKey,
    identityFile,
    arch,
    osType,
    osVersion,
  };
}

/** A node as it enters the inventory: free, and never used. */
export function unusedNode(spec: NodeSpec): Node {
  return {
    ...spec,
    state: 'free',
    lock: null,
    fence: 0,
    description: null,
    reason: null,
    markedBy: null,
    stateSince: 0,
    lastUsedAt: 0,
  };
}
