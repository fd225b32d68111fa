/** What a submission asks of git repositories, by URL. Nothing is checked out. */
export interface Commits {
  /** The commit that a branch points at; null when the repository has no such branch. */
  head(repo: string, branch: string): Promise<string | null>;
  /** Whether the repository has this commit. */
  has(repo: string, sha1: string): Promise<boolean>;
  /** Up to `count` commits before this one, nearest first, along first parents; fewer where history ends. */
  parents(repo: string, sha1: string, count: number): Promise<string[]>;
}

/** A repository that cannot be asked; all methods of Commits throw it. */
export class RepositoryError extends Error {
  override readonly name = 'RepositoryError';
  readonly repo: string;
  constructor(repo: string, reason: string, options?: ErrorOptions) {
    super(`the git repository ${repo} gives no answer: ${reason}`, options);
    this.repo = repo;
  }
}
