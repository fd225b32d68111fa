/** What a submission asks of git repositories, by URL. Nothing is checked out. All methods throw SuiteSourceError when there is no answer. */
export interface Commits {
  /** The commit that a branch or tag points at; null when the repository has none of that name. */
  head(repo: string, branch: string): Promise<string | null>;
  /** Whether the repository has this commit. */
  has(repo: string, sha1: string): Promise<boolean>;
  /** Up to `count` commits before this one, nearest first, along first parents; fewer where history ends. */
  parents(repo: string, sha1: string, count: number): Promise<string[]>;
}
