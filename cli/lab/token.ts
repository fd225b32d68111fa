import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Caller } from '../../api/ports.ts';

/** The token of a lab, made on first use; only its owner may read the file. */
export function labToken(file: string): string {
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    chmodSync(file, 0o600);
  }
  return readFileSync(file, 'utf8').trim();
}

/** `login@host`: the owner of what this user submits. */
export function localOwner(): string {
  return `${userInfo().username}@${hostname().split('.')[0] ?? 'localhost'}`;
}

/** Who is behind a header: whoever can read the token file is the user that the lab belongs to, and its operator. */
export function tokenAuthenticator(token: string): (authorization: string | null) => Promise<Caller | null> {
  const caller = { name: localOwner(), operator: true };
  return async (authorization) => {
    const given = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
    return given !== undefined && sameText(given, token) ? caller : null;
  };
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
