import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../test/requirements.ts';
import { SshKeyError, keptKey, newPrivateKey } from './ssh-key.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loligo-key-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a key is made once, private, and kept', async () => {
  const file = join(folder, 'deep', 'id_ed25519');
  const key = await keptKey(file);
  expect(key.publicKey).toMatch(/^ssh-ed25519 AAAA\S+$/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(`${file}.pub`, 'utf8')).toBe(`${key.publicKey}\n`);
  expect(await keptKey(file)).toEqual(key);
});

test('all who ask for a key at once get the same one, and no draft is left', async () => {
  const file = join(folder, 'id_ed25519');
  const keys = await Promise.all(Array.from({ length: 20 }, () => keptKey(file)));
  expect(new Set(keys.map(({ publicKey }) => publicKey)).size).toBe(1);
  expect((await readdir(folder)).toSorted()).toEqual(['id_ed25519', 'id_ed25519.pub']);
});

test('a file that is no key is refused by its name', async () => {
  const file = join(folder, 'id_ed25519');
  await writeFile(file, 'something else');
  await expect(keptKey(file)).rejects.toThrow(SshKeyError);
  await expect(keptKey(file)).rejects.toThrow(file);
});

test('every key can be read back and signs', () => {
  for (let count = 0; count < 500; count += 1) {
    const key = ssh2.utils.parseKey(newPrivateKey());
    if (key instanceof Error) throw key;
    const data = Buffer.from(`message ${count}`);
    const signature = key.sign(data);
    if (signature instanceof Error) throw signature;
    expect(key.verify(data, signature)).toBe(true);
    expect(key.verify(Buffer.from('another'), signature)).toBe(false);
  }
});

describeWith(['ssh'], 'with OpenSSH', () => {
  test('ssh-keygen reads the same public key from the private one', async () => {
    const { file, publicKey } = await keptKey(join(folder, 'id_ed25519'));
    expect(execFileSync('/usr/bin/ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' })).toBe(
      `${publicKey} loligo\n`,
    );
  });
});
