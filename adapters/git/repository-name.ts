/**
 * The URL of a repository that is named short, as the original does: `foo` stands for the last part of a configured URL and
 * `owner/foo` for its last two. Anything with a colon or more parts is a location already and stays as it is.
 */
export function repositoryUrl(name: string, configured: string): string {
  const parts = name.replace(/\.git$/, '').split('/');
  if (name.includes(':') || name.startsWith('.') || parts.length > 2 || parts.includes('')) return name;
  const base = configured.replace(/\/+$/, '').split('/');
  return `${[...base.slice(0, -parts.length), ...parts].join('/')}.git`;
}
