import { quoteWord } from '../remote/quote.ts';
import type { Repository } from './package-manager.ts';

/** The file that makes apt use a repository. */
export function listFile(name: string): string {
  return `/etc/apt/sources.list.d/${name}.list`;
}

/** The public key of a repository; apt takes it for the repositories that name it only. */
export function keyFile(name: string): string {
  return `/usr/share/keyrings/${name}-archive-keyring.asc`;
}

/** The priority of a repository. */
export function pinFile(name: string): string {
  return `/etc/apt/preferences.d/${name}.pref`;
}

/** The line of a repository; without a key, apt is told to trust what it finds there. */
export function aptSource({ name, url, suite, components, key }: Repository): string {
  const option = key === null ? 'trusted=yes' : `signed-by=${keyFile(name)}`;
  return `deb [${option}] ${url} ${suite === null ? './' : [suite, ...components].join(' ')}`;
}

/**
 * The preferences of a repository: 1 ... 99, of which 1 wins, become apt's 1099 ... 1001, with which a repository wins over the
 * distribution's own even where its versions are older. apt tells repositories apart by the name of their server. null = no preference.
 */
export function aptPin({ url, priority }: Repository): string | null {
  if (priority === null) return null;
  const pin = 1100 - Math.min(Math.max(Math.trunc(priority), 1), 99);
  return `Package: *\nPin: origin "${new URL(url).hostname}"\nPin-Priority: ${pin}\n`;
}

/**
 * The command that throws away what apt knows of a repository from before: it would go on using lists whose signature it once checked
 * when it no longer has their key.
 */
export function forgetLists(url: string): string {
  const name = url
    .replace(/^[a-z+]+:\/\//, '')
    .replace(/\/+$/, '')
    .replaceAll('/', '_');
  return `sudo find /var/lib/apt/lists -maxdepth 1 -name ${quoteWord(`${name}_*`)} -delete`;
}
