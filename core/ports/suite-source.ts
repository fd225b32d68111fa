/**
 * A suite tree at one revision, in memory. The whole tree is read once; expansion itself does no I/O.
 * Symbolic links are already followed; `kind: 'broken'` is one that leads nowhere.
 */
export interface SuiteSource {
  /** Where the tree came from, for messages; without passwords. */
  readonly origin: string;
  /** The commit, or null for what comes from no repository. */
  readonly sha1: string | null;
  /** The commit, or the SHA-256 of a tarball: the same id, the same tree. Null for a plain directory, which may change. */
  readonly id: string | null;
  /** What is at a path below the source's root, following links; null when nothing is. */
  stat(path: string): 'file' | 'directory' | 'broken' | null;
  /** The names in a directory, in code-point order. */
  list(path: string): readonly string[];
  /** The text of a file. */
  read(path: string): string;
}

/** Opens a tarball that lies in a store of its own kind, such as a bucket. Throws SuiteSourceError when it cannot be had. */
export type FetchTarball = (url: string, signal: AbortSignal) => Promise<FetchedTarball>;

export interface FetchedTarball {
  readonly bytes: number | null; // null = not known before its end
  readonly body: AsyncIterable<Uint8Array>;
}

/** Why a suite tree cannot be had from where it is said to be. Every class of it says in its message what to mend. */
export abstract class SuiteSourceError extends Error {}
