import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';

/** What an OpenSSH client configuration says about one host; null and empty = nothing. */
export interface SshHostConfig {
  readonly hostName: string | null;
  readonly user: string | null;
  readonly port: number | null;
  readonly identityFiles: readonly string[];
  readonly proxyJump: readonly JumpHost[];
}

export interface JumpHost {
  readonly user: string | null;
  readonly host: string;
  readonly port: number | null;
}

const deepestInclude = 16;

/** Looks a host up in a configuration file and the files that it includes. A file that does not exist says nothing. */
export async function readSshConfig(params: {
  file: string;
  host: string;
  home: string;
}): Promise<SshHostConfig> {
  const lines = await readLines(params.file, params.home, 0);
  return lookUpHost(lines, params);
}

async function readLines(file: string, home: string, depth: number): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const include = /^\s*include[\s=]+(.+?)\s*$/i.exec(line)?.[1];
    if (include === undefined || depth >= deepestInclude) lines.push(line);
    else lines.push(...(await readIncluded(words(include), { file, home, depth })));
  }
  return lines;
}

async function readIncluded(
  patterns: readonly string[],
  from: { file: string; home: string; depth: number },
): Promise<string[]> {
  const lines: string[] = [];
  for (const pattern of patterns) {
    const path = expandHome(pattern, from.home);
    const absolute = isAbsolute(path) ? path : join(dirname(from.file), path);
    for (const file of globSync(absolute).sort()) {
      lines.push(...(await readLines(file, from.home, from.depth + 1)));
    }
  }
  return lines;
}

/**
 * Applies the `Host` blocks (and `Match all`) that fit: the first value of a key wins, identity files add up. Blocks with other `Match`
 * conditions are passed over.
 */
export function lookUpHost(lines: readonly string[], params: { host: string; home: string }): SshHostConfig {
  const found = new Map<string, string>();
  const identityFiles: string[] = [];
  let applies = true;
  for (const line of lines) {
    const match = /^\s*([A-Za-z]+)(?:\s+|\s*=\s*)(.*?)\s*$/.exec(line);
    if (!match?.[1] || match[2] === undefined) continue;
    const key = match[1].toLowerCase();
    const value = words(match[2]);
    if (key === 'host') applies = hostPatternMatches(value, params.host);
    else if (key === 'match') applies = value.length === 1 && value[0]?.toLowerCase() === 'all';
    else if (applies && key === 'identityfile') identityFiles.push(value[0] ?? '');
    else if (applies && !found.has(key)) found.set(key, value.join(' '));
  }
  return assemble(found, { ...params, identityFiles });
}

function assemble(
  found: ReadonlyMap<string, string>,
  params: { host: string; home: string; identityFiles: readonly string[] },
): SshHostConfig {
  const hostName = found.get('hostname')?.replaceAll('%h', params.host) ?? null;
  const tokens: Readonly<Record<string, string>> = {
    '%h': hostName ?? params.host,
    '%n': params.host,
    '%d': params.home,
    '%r': found.get('user') ?? '',
    '%%': '%',
  };
  const port = Number(found.get('port') ?? '');
  return {
    hostName,
    user: found.get('user') ?? null,
    port: Number.isInteger(port) && port > 0 ? port : null,
    identityFiles: params.identityFiles
      .filter((file) => file !== '' && file.toLowerCase() !== 'none')
      .map((file) =>
        expandHome(
          file.replaceAll(/%[hndr%]/g, (token) => tokens[token] ?? token),
          params.home,
        ),
      ),
    proxyJump: parseProxyJump(found.get('proxyjump') ?? 'none'),
  };
}

function parseProxyJump(value: string): JumpHost[] {
  if (value.toLowerCase() === 'none') return [];
  return value.split(',').flatMap((part) => {
    const match = /^(?:ssh:\/\/)?(?:(.+)@)?(\[[^\]]+\]|[^:@]+)(?::(\d+))?\/?$/.exec(part.trim());
    if (!match?.[2]) return [];
    const port = match[3] === undefined ? null : Number(match[3]);
    return [{ user: match[1] ?? null, host: match[2].replaceAll(/[[\]]/g, ''), port }];
  });
}

/** OpenSSH's host patterns: `*` and `?`, any of the list, and none of those with a `!` before them. */
export function hostPatternMatches(patterns: readonly string[], name: string): boolean {
  let matches = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    if (!globMatches(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matches = true;
  }
  return matches;
}

function globMatches(glob: string, name: string): boolean {
  const source = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(name);
}

function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|([^\s"]+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}
