import { createHash } from 'node:crypto';
import { HostKeyMismatchError } from './transport-errors.ts';

/** A public key as it stands in `targets` and known_hosts, taken apart. */
export interface PublicKey {
  readonly type: string; // 'ssh-ed25519'
  readonly blob: Buffer;
}

/** Reads `ssh-ed25519 AAAA... comment`; null when it is no such line. */
export function parsePublicKey(line: string): PublicKey | null {
  const [type, base64] = line.trim().split(/\s+/);
  if (type === undefined || base64 === undefined || !/^[A-Za-z0-9+/]+=*$/.test(base64)) return null;
  const blob = Buffer.from(base64, 'base64');
  return keyType(blob) === type ? { type, blob } : null;
}

/** `SHA256:...`, as `ssh-keygen -l` prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

function keyType(blob: Buffer): string {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  return blob.subarray(4, 4 + length).toString('latin1');
}

/** Decides whether a host is who it should be, for every connection that is made to it. */
export interface HostKeyCheck {
  /** The host key algorithms to negotiate, so that a host with several keys shows one that is known; null = any. */
  algorithms(): string[] | null;
  /** The reason to refuse an offered key, or null to go on. */
  refuse(offered: Buffer): HostKeyMismatchError | null;
  /** The error for a host that has no key of the kinds that are known. */
  noCommonKind(): HostKeyMismatchError;
}

/**
 * Only a key that is already known is accepted: the pinned one, else one that known_hosts has. When nothing is known of the host its
 * first key is accepted and pinned from then on, so that no later connection of the same remote can meet another host.
 */
export function createHostKeyCheck(params: {
  host: string;
  pinned: string | null; // as in `targets`
  known: readonly PublicKey[]; // from known_hosts; looked at only without a pinned key
}): HostKeyCheck {
  let keys = params.pinned === null ? params.known : [pinnedKey(params.host, params.pinned)];
  const source = params.pinned === null ? 'known_hosts' : 'targets';
  const mismatch = (offered: string | null): HostKeyMismatchError =>
    new HostKeyMismatchError({
      host: params.host,
      expected: keys.map((key) => `${key.type} ${fingerprint(key.blob)}`).join(' or '),
      offered,
      source,
    });
  return {
    algorithms: () =>
      keys.length === 0 ? null : [...new Set(keys.flatMap((key) => signaturesOf(key.type)))],
    refuse(offered) {
      if (keys.length === 0) {
        keys = [{ type: keyType(offered), blob: Buffer.from(offered) }];
        return null;
      }
      if (keys.some((key) => key.blob.equals(offered))) return null;
      return mismatch(`${keyType(offered)} ${fingerprint(offered)}`);
    },
    noCommonKind: () => mismatch(null),
  };
}

function pinnedKey(host: string, line: string): PublicKey {
  const key = parsePublicKey(line);
  if (key === null) throw new TypeError(`host key of ${host} is not a public key: '${line}'`);
  return key;
}

/** An RSA key signs in several ways; every other kind has the one that it is named after. */
function signaturesOf(type: string): string[] {
  return type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [type];
}
