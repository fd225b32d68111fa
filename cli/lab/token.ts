import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Caller } from '../../api/ports.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { TokenStore } from '../../core/ports/tokens.ts';

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

/** A token for somebody else, as ID.SECRET. The lab is given the id and the hash; the text is for its owner alone. */
export function drawToken(): { id: string; sha256: string; text: string } {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, sha256: digest(secret).toString('hex'), text: `${id}.${secret}` };
}

/**
 * Who is behind a header: whoever can read the token file is the user that the lab belongs to, and its operator; others are who
 * their token was given to, until it is revoked or expires. Secrets are compared by hash and in constant time.
 */
export function labAuthenticator(params: {
  token: string; // the folder's own
  tokens: Pick<TokenStore, 'get'>;
  clock: Clock;
}): (authorization: string | null) => Promise<Caller | null> {
  const own = digest(params.token);
  const owner = { name: localOwner(), operator: true, pool: null };
  return async (authorization) => {
    const given = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) return null;
    if (timingSafeEqual(digest(given), own)) return owner;
    const [, id = '', secret = ''] = /^([a-z0-9]{8,32})\.([\w-]{20,200})$/.exec(given) ?? [];
    const known = id === '' ? null : await params.tokens.get(id);
    if (known === null || !timingSafeEqual(digest(secret), Buffer.from(known.sha256, 'hex'))) return null;
    const over = known.expiresAt !== null && known.expiresAt <= params.clock.now();
    if (over || known.revokedAt !== null) return null;
    return { name: known.name, operator: known.operator, pool: known.pool };
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
