import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import ssh2 from 'ssh2';

export interface SshKey {
  readonly file: string; // the private key, mode 0600; the public one is beside it with `.pub`
  readonly publicKey: string; // `ssh-ed25519 AAAA...`
}

/**
 * The ed25519 key pair kept in a file, made on first use. Callers that race for the same file all get the same pair:
 * the first complete file wins and none is ever replaced.
 */
export async function keptKey(file: string): Promise<SshKey> {
  const existing = await readPublicKey(file);
  if (existing === null) await createKeyFile(file);
  const publicKey = existing ?? (await readPublicKey(file));
  if (publicKey === null) throw new SshKeyError(`key file ${file} disappeared while it was made`);
  const draft = `${file}.pub.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${publicKey}\n`, { mode: 0o644 });
  await rename(draft, `${file}.pub`);
  return { file, publicKey };
}

/** A key file cannot be used as an SSH private key. */
export class SshKeyError extends Error {
  override readonly name = 'SshKeyError';
}

async function readPublicKey(file: string): Promise<string | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error)
    throw new SshKeyError(`${file} is not an SSH private key: ${key.message}`, { cause: key });
  return `${key.type} ${key.getPublicSSH().toString('base64')}`;
}

async function createKeyFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, newPrivateKey(), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft);
  }
}

/**
 * A fresh ed25519 private key in OpenSSH's own file format, unencrypted. Written here because ssh2's generator makes an unreadable file
 * about three times in a thousand.
 */
export function newPrivateKey(): string {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const seed = Buffer.from(jwk.d ?? '', 'base64url');
  const point = Buffer.from(jwk.x ?? '', 'base64url');
  const publicBlob = Buffer.concat([field('ssh-ed25519'), field(point)]);
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    publicBlob,
    field(Buffer.concat([seed, point])),
    field('loligo'), // comment
  ]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (secret.length % 8)) % 8));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'), // cipher
    field('none'), // key derivation
    field(''),
    Buffer.from([0, 0, 0, 1]), // number of keys
    field(publicBlob),
    field(Buffer.concat([secret, padding])),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
