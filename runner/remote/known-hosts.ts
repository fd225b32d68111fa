import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parsePublicKey } from './host-key.ts';
import { hostPatternMatches } from './ssh-config.ts';
import type { PublicKey } from './host-key.ts';

/** The keys that the given known_hosts files have for any of the names; files that do not exist have none. */
export async function readKnownKeys(params: {
  files: readonly string[];
  names: readonly string[];
  port: number;
}): Promise<PublicKey[]> {
  const texts = await Promise.all(params.files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const names = params.names.map((name) => (params.port === 22 ? name : `[${name}]:${params.port}`));
  return texts.flatMap((text) => knownKeys(text, names));
}

/** The keys in the text of a known_hosts file for any of the names, in their order there. Marked lines (`@revoked`) are skipped. */
export function knownKeys(text: string, names: readonly string[]): PublicKey[] {
  const keys: PublicKey[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*([^\s#@]\S*)\s+(.*)$/.exec(line);
    if (!match?.[1] || !match[2]) continue;
    const hosts = match[1];
    const key = parsePublicKey(match[2]);
    if (key !== null && names.some((name) => isFor(hosts, name))) keys.push(key);
  }
  return keys;
}

function isFor(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) {
    const [, , salt, hash] = hosts.split('|');
    if (salt === undefined || hash === undefined) return false;
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  return hostPatternMatches(hosts.split(','), name);
}
