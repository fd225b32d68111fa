/**
 * The commands that may bring a commit, cheapest first: alone by its sha1, alone by its ref, and at last all branches and tags with
 * their history, which is all that servers without a say of their own (plain files over http) can do.
 */
export function remoteCommands(
  url: string,
  { sha1, ref }: { sha1: string; ref: string | null },
): readonly (readonly string[])[] {
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
  const everything = ['+refs/heads/*:refs/fetched/heads/*', '+refs/tags/*:refs/fetched/tags/*'];
  const byName = ref === null ? [] : [`+${ref}:refs/fetched/asked`];
  return [
    [...fetch, '--depth=1', '--', url, `+${sha1}:refs/fetched/asked`],
    ...(ref === null ? [] : [[...fetch, '--depth=1', '--', url, ...byName]]),
    [...fetch, '--', url, ...everything, ...(ref?.startsWith('refs/heads/') || ref?.startsWith('refs/tags/') ? [] : byName)],
  ];
}
