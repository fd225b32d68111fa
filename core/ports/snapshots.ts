import type { Node, NodeSpec } from '../locks/node.ts';

/**
 * Installed systems that a provider keeps under keys and gives to its nodes. What is in the login's home is the job's own: it is in no
 * snapshot, and stays when a node is switched to one. Every order carries the node's fence; an old one is refused with StaleFenceError.
 */
export interface Snapshots {
  /** What a node runs now, as a part of keys: two nodes with the same answer have the same system. */
  systemOf(node: Node): Promise<string>;
  /**
   * `there`: the snapshot exists. `mine`: it does not, and this node makes it from now on; a second call says so again. `taken`: another
   * node makes it. The right to make one ends with `keep` or `giveUp`, or by itself when the node is cleaned: a dead maker blocks nobody.
   */
  claim(order: SnapshotOrder): Promise<'there' | 'mine' | 'taken'>;
  /** Keeps the node's system, from a moment at which it stands still, under the key. Only for the node that makes it. */
  keep(order: SnapshotOrder & { readonly about: string }): Promise<void>; // `about` is for people
  giveUp(order: SnapshotOrder): Promise<void>;
  /**
   * Gives a node the snapshot in place of what it runs: processes and connections end. Returns what changed, the host key at least. Throws
   * SnapshotGoneError when there is none any more; the node then stays as it is.
   */
  use(order: SnapshotOrder): Promise<Partial<NodeSpec>>;
  /** Takes a snapshot away that turned out to be wrong. One that is gone already is fine. */
  discard(order: SnapshotOrder): Promise<void>;
  readonly guesses?: SnapshotGuesses;
}

/**
 * Snapshots that nodes were made with by `prepare` already, because the last job like theirs wanted them first. Until a guess is settled, by
 * `use` or `undo`, the system of its node is, for keys, what the job asked for. `use` of the guessed key changes nothing and ends nothing.
 */
export interface SnapshotGuesses {
  of(node: Node): string | null; // the key
  /** Gives the node what its job asked for in place of the snapshot, as `use` does. */
  undo(order: Pick<SnapshotOrder, 'node' | 'fence'>): Promise<Partial<NodeSpec>>;
}

export interface SnapshotOrder {
  readonly node: Node;
  readonly fence: number;
  readonly key: string; // 64 hexadecimal digits
}

/** A snapshot that was there is not there any more: somebody pruned or discarded it. */
export class SnapshotGoneError extends Error {
  override readonly name = 'SnapshotGoneError';
  constructor(key: string) {
    super(`the snapshot ${key.slice(0, 24)} is not there any more`);
  }
}
