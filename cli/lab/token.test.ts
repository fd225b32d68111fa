import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { labToken, localOwner, tokenAuthenticator } from './token.ts';

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

test('whoever has the token is the user of the lab, everybody else is nobody', async () => {
  const authenticate = tokenAuthenticator('secret');
  expect(await authenticate('Bearer secret')).toEqual({ name: localOwner(), operator: true });
  for (const header of [null, '', 'secret', 'Bearer', 'Bearer secret2', 'Bearer secre', 'Basic secret']) {
    expect(await authenticate(header)).toBeNull();
  }
});
