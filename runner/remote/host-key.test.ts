import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeWith } from '../../test/requirements.ts';
import { createHostKeyCheck, fingerprint, parsePublicKey } from './host-key.ts';
import type { PublicKey } from './host-key.ts';
import { knownKeys } from './known-hosts.ts';

const ed25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMpSVcFQzWIxIeWhbsoUzaCVBCdPAFRlRkUZ5b3AJrLA';
const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB/4sQr0gXH1q3pWgNzMghGk0z0vR2yrZXZUHNhmS2qI';

function key(line: string): PublicKey {
  const parsed = parsePublicKey(line);
  if (parsed === null) throw new Error(`not a key: ${line}`);
  return parsed;
}

describe('a pinned host key', () => {
  const check = createHostKeyCheck({ host: 'h', pinned: ed25519, known: [key(other)] });

  test('is the only one accepted', () => {
    expect(check.refuse(key(ed25519).blob)).toBeNull();
    expect(check.refuse(key(other).blob)).toMatchObject({
      name: 'HostKeyMismatchError',
      message: `Host key of h is not the one in targets: expected ssh-ed25519 ${fingerprint(key(ed25519).blob)}, got ssh-ed25519 ${fingerprint(key(other).blob)}`,
    });
  });

  test('is the kind that the host is asked for', () => {
    expect(check.algorithms()).toEqual(['ssh-ed25519']);
    expect(check.noCommonKind().message).toContain('offers no key of that kind');
  });

  test('must be a key', () => {
    expect(() => createHostKeyCheck({ host: 'h', pinned: 'ssh-rsa nonsense', known: [] })).toThrow(
      "host key of h is not a public key: 'ssh-rsa nonsense'",
    );
  });
});

describe('a host whose key is not pinned', () => {
  test('keeps the first key that it showed', () => {
    const check = createHostKeyCheck({ host: 'h', pinned: null, known: [] });
    expect(check.algorithms()).toBeNull();
    expect(check.refuse(key(other).blob)).toBeNull();
    expect(check.refuse(key(ed25519).blob)).not.toBeNull();
    expect(check.algorithms()).toEqual(['ssh-ed25519']);
  });

  test('is refused with a key other than known_hosts has', () => {
    const check = createHostKeyCheck({ host: 'h', pinned: null, known: [key(ed25519)] });
    expect(check.refuse(key(other).blob)?.message).toContain('not the one in known_hosts');
    expect(check.refuse(key(ed25519).blob)).toBeNull();
  });
});

describe('known_hosts', () => {
  test('has keys under names, lists and patterns', () => {
    const text = `# comment\n\nh1,h2 ${ed25519} me@x\n*.lab,!bad.lab ${other}\n@revoked h3 ${other}\nh4 ssh-rsa broken\n`;
    expect(knownKeys(text, ['h2'])).toEqual([key(ed25519)]);
    expect(knownKeys(text, ['good.lab'])).toEqual([key(other)]);
    expect(knownKeys(text, ['bad.lab'])).toEqual([]);
    expect(knownKeys(text, ['h3'])).toEqual([]);
    expect(knownKeys(text, ['h4'])).toEqual([]);
  });
});

describeWith(['ssh'], 'ssh-keygen agrees', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-known-hosts-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('on fingerprints', () => {
    const file = join(folder, 'key.pub');
    writeFileSync(file, `${ed25519}\n`);
    expect(execFileSync('/usr/bin/ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' })).toContain(
      fingerprint(key(ed25519).blob),
    );
  });

  test('on hashed names', () => {
    const file = join(folder, 'known_hosts');
    writeFileSync(file, `h1 ${ed25519}\n[h1]:2222 ${other}\n`);
    execFileSync('/usr/bin/ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('h1');
    expect(knownKeys(text, ['h1'])).toEqual([key(ed25519)]);
    expect(knownKeys(text, ['[h1]:2222'])).toEqual([key(other)]);
    expect(knownKeys(text, ['h2'])).toEqual([]);
  });
});
