import type { Node, NodeSpec } from '../locks/node.ts';
import type { Snapshots } from './snapshots.ts';

/** Where nodes come from. A provider that lacks a capability has `false` in its flags and omits the method. */
export interface Provider {
  readonly name: string; // as in `Node.provider`
  readonly capabilities: ProviderCapabilities;
  /** Brings the provider's nodes into being, or back after a restart of the lab; only those it can vouch for are returned. */
  start(): Promise<NodeSpec[]>;
  /**
   * Makes a node as new: no process, file or account of its last user is left. `fence` is the node's; an older one than the
   * provider has seen is refused with StaleFenceError (L3). Returns what changed (a new host key, an address).
   */
  clean(node: Node, fence: number): Promise<Partial<NodeSpec>>;
  /** Takes away everything that the provider made: processes, containers, files. Safe to call twice, and after a crash. */
  destroy(): Promise<void>;
  /**
   * Makes the nodes of one attempt what its job asks for, when it begins: the system, and names under which they reach each other and
   * nobody else's. Whatever node this was called for must be cleaned before its next use. Returns what changed, in the order of `nodes`.
   */
  prepare?(order: PrepareOrder): Promise<Partial<NodeSpec>[]>;
  readonly snapshots?: Snapshots; // exactly when `capabilities.snapshot`
}

/** The nodes of this provider that an attempt was given. */
export interface PrepareOrder {
  readonly nodes: readonly Node[];
  readonly fence: number; // of the attempt, which every node has at least
  readonly job: { readonly run: string; readonly jobId: number };
  readonly systems: readonly SystemWish[]; // in the order of `nodes`
  /** Equal for jobs that begin by wanting the same snapshot, as far as their configs tell; null = it begins with something else. */
  readonly like?: string | null;
}

/** The system that a node is to have. */
export interface SystemWish {
  readonly osType: string | null; // null = as the node is
  readonly osVersion: string | null;
}

export interface ProviderCapabilities {
  readonly privileged: boolean; // sudo gives real root
  readonly clean: boolean; // can make a used node as new
  readonly snapshot: boolean;
  readonly power: boolean;
  readonly console: boolean;
}

/** An order came from somebody who no longer holds the node. */
export class StaleFenceError extends Error {
  override readonly name = 'StaleFenceError';
  constructor(node: string, given: number, seen: number) {
    super(`node ${node}: fence ${given} is older than ${seen}, which has been used already`);
  }
}
