import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TokenRecord } from '../../core/ports/tokens.ts';
import { drawToken, labAuthenticator, labToken, localOwner } from './token.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-token-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a token is made once, and only its owner can read it, even after somebody opened it up', () => {
  const file = join(folder, 'token');
  const token = labToken(file);
  expect(token.length).toBeGreaterThan(40);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  chmodSync(file, 0o644);
  expect(labToken(file)).toBe(token);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

describe('an authenticator', () => {
  const clock = { now: () => 1000 };
  const record = { operator: false, pool: null, createdBy: 'op', createdAt: 1, expiresAt: null };
  const kept = { ...record, revokedAt: null, revokedBy: null };

  test('takes whoever has the token of the folder for the user of the lab, everybody else for nobody', async () => {
    const authenticate = labAuthenticator({ token: 'secret', tokens: { get: async () => null }, clock });
    expect(await authenticate('Bearer secret')).toEqual({ name: localOwner(), operator: true, pool: null });
    const wrong = [null, '', 'secret', 'Bearer', 'Bearer secret2', 'Bearer secre', 'Basic secret'];
    for (const header of [...wrong, `Bearer ${drawToken().text}`]) {
      expect(await authenticate(header)).toBeNull();
    }
  });

  test('takes others for who their token was given to, until it expires or is revoked', async () => {
    const drawn = drawToken();
    const known = { ...kept, id: drawn.id, sha256: drawn.sha256, name: 'ann@desk' };
    const ask = async (change: Partial<TokenRecord>) => {
      const get = async (id: string) => (id === drawn.id ? { ...known, ...change } : null);
      return await labAuthenticator({ token: 'secret', tokens: { get }, clock })(`Bearer ${drawn.text}`);
    };
    expect(await ask({})).toEqual({ name: 'ann@desk', operator: false, pool: null });
    expect(await ask({ expiresAt: 1001 })).not.toBeNull();
    expect(await ask({ expiresAt: 1000 })).toBeNull();
    expect(await ask({ revokedAt: 5 })).toBeNull();
    expect(await ask({ sha256: drawToken().sha256 })).toBeNull();
  });
});
