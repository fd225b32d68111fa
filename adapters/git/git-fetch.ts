/** One way to bring a commit from a server. */
export interface FetchCommand {
  readonly args: readonly string[];
  /** False when what is in the cache must be left out of the account: the commits there have no parents, which are now wanted. */
  readonly fromCache: boolean;
}

/**
 * The commands that may bring a commit, cheapest first: alone by its sha1, alone by its ref, and at last all branches and tags with
 * their history, which is all that servers without a say of their own (plain files over http) can do.
 */
export function fetchCommands(
  url: string,
  { sha1, ref }: { sha1: string; ref: string | null },
): FetchCommand[] {
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
  const one = (name: string): FetchCommand => ({
    args: [...fetch, '--depth=1', '--', url, `+${name}:refs/fetched/asked`],
    fromCache: true,
  });
  const everything = ['+refs/heads/*:refs/fetched/heads/*', '+refs/tags/*:refs/fetched/tags/*'];
  const other = ref === null || /^refs\/(heads|tags)\//.test(ref) ? [] : [`+${ref}:refs/fetched/asked`];
  const all = { args: [...fetch, '--', url, ...everything, ...other], fromCache: false };
  return ref === null ? [one(sha1), all] : [one(sha1), one(ref), all];
}
