/**
 * A suite tree at one revision, in memory. The whole tree is read once; expansion itself does no I/O.
 * Symbolic links are already followed; `kind: 'broken'` is one that leads nowhere.
 */
export interface SuiteSource {
  /** Where the tree came from, for messages. */
  readonly origin: string;
  /** The commit, or null for a plain directory. */
  readonly sha1: string | null;
  /** What is at a path below the source's root, following links; null when nothing is. */
  stat(path: string): 'file' | 'directory' | 'broken' | null;
  /** The names in a directory, in code-point order. */
  list(path: string): readonly string[];
  /** The text of a file. */
  read(path: string): string;
}
