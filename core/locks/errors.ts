/** The inventory has no node of this name. */
export class NodeNotFoundError extends Error {
  override readonly name = 'NodeNotFoundError';
  readonly node: string;
  constructor(node: string) {
    super(`no node named '${node}'`);
    this.node = node;
  }
}

/** The nodes asked for cannot be had now; it may be different in a while. */
export class NodesTakenError extends Error {
  override readonly name = 'NodesTakenError';
}

/** The inventory does not have what was asked for, however long somebody waits. */
export class NodesLackingError extends Error {
  override readonly name = 'NodesLackingError';
}

/** A node, or a lock, is not in the state that the act needs. */
export class NodeStateError extends Error {
  override readonly name = 'NodeStateError';
}
