import type { PlainValue } from './yaml-value.ts';
import type { RolesByHost } from './roles.ts';

/** A host that a job may use, and how to reach and recognise it. */
export interface Target {
  readonly name: string; // user@host
  readonly user: string;
  readonly hostname: string; // without the user
  readonly shortname: string; // archive folder and logger name
  readonly address: string; // host name or IP to connect to
  readonly port: number;
  readonly hostKey: string | null; // `ssh-ed25519 AAAA...`; null = not pinned
  readonly identityFile: string | null; // private key for this host; null = the site's
}

/** A target with the roles it plays. */
export interface BoundTarget {
  readonly target: Target;
  readonly roles: readonly string[];
}

/** How short names become full ones. */
export interface NamingRules {
  readonly labDomain: string; // '' = names are used as they are
  readonly defaultUser: string;
}

/** An entry of `targets` that names no usable host. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
  readonly target: string;
  constructor(target: string, reason: string) {
    super(reason);
    this.target = target;
  }
}

const plainNaming: NamingRules = { labDomain: '', defaultUser: 'ubuntu' };

/**
 * `user@host` in full: the user defaults, a name without a domain gets the lab's, addresses and names that have a domain stay.
 */
export function canonicalTarget(name: string, naming: NamingRules = plainNaming): string {
  const at = name.lastIndexOf('@');
  const user = at > 0 ? name.slice(0, at) : naming.defaultUser;
  return `${user}@${canonicalHostname(name.slice(at + 1), naming.labDomain)}`;
}

function canonicalHostname(hostname: string, labDomain: string): string {
  if (labDomain === '' || isAddress(hostname) || hostname.includes('.')) return hostname;
  return `${hostname}.${labDomain.replace(/^\./, '')}`;
}

/** The name up to its first dot, without the user; addresses stay whole. */
export function shortname(name: string): string {
  const hostname = name.slice(name.lastIndexOf('@') + 1);
  return isAddress(hostname) ? hostname : (hostname.split('.')[0] ?? hostname);
}

function isAddress(hostname: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(hostname) || hostname.includes(':');
}

/**
 * Reads `targets`, in order. An entry is `user@host: "<key type> <base64>"`, or null for a key that is not pinned, or, for
 * hosts that are not at `host:22`, a map of `address`, `port`, `key` and `identity`. Throws TargetError.
 */
export function parseTargets(targets: PlainValue, naming: NamingRules = plainNaming): Target[] {
  if (targets === null) return [];
  if (!isPlainMap(targets))
    throw new TargetError('targets', `targets must be a map of user@host to host key`);
  const parsed = Object.entries(targets).map(([name, value]) => parseTarget(name, value, naming));
  const seen = new Set<string>();
  for (const { name } of parsed) {
    if (seen.has(name)) throw new TargetError(name, `target '${name}' is listed twice`);
    seen.add(name);
  }
  return parsed;
}

function parseTarget(written: string, value: PlainValue, naming: NamingRules): Target {
  const name = canonicalTarget(written, naming);
  const at = name.lastIndexOf('@');
  const hostname = name.slice(at + 1);
  if (hostname === '' || /[\s/@]/.test(hostname))
    throw new TargetError(written, `'${written}' is not user@host`);
  const base = { name, user: name.slice(0, at), hostname, shortname: shortname(name) };
  if (!isPlainMap(value)) {
    return { ...base, address: hostname, port: 22, hostKey: hostKey(written, value), identityFile: null };
  }
  refuseUnknownKeys(written, value);
  return {
    ...base,
    address: textAt(written, value, 'address') ?? hostname,
    port: portAt(written, value),
    hostKey: hostKey(written, value['key'] ?? null),
    identityFile: textAt(written, value, 'identity'),
  };
}

function hostKey(target: string, value: PlainValue): string | null {
  if (value === null) return null;
  if (typeof value === 'string' && /^\S+\s+\S+/.test(value)) return value;
  throw new TargetError(
    target,
    `the host key of '${target}' must be "<key type> <base64>", found ${JSON.stringify(value)}`,
  );
}

function textAt(target: string, value: PlainMap, key: string): string | null {
  const text = value[key] ?? null;
  if (text === null || (typeof text === 'string' && text !== '')) return text;
  throw new TargetError(target, `${key} of target '${target}' must be text, found ${JSON.stringify(text)}`);
}

function portAt(target: string, value: PlainMap): number {
  const port = value['port'] ?? 22;
  if (typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new TargetError(
    target,
    `port of target '${target}' must be 1 to 65535, found ${JSON.stringify(port)}`,
  );
}

const targetKeys = ['address', 'port', 'key', 'identity'];

function refuseUnknownKeys(target: string, value: PlainMap): void {
  const unknown = Object.keys(value).find((key) => !targetKeys.includes(key));
  if (unknown === undefined) return;
  throw new TargetError(
    target,
    `target '${target}' has the key '${unknown}', which is none of ${targetKeys.join(', ')}`,
  );
}

/** The `targets` entry that `parseTargets` reads back as this target; the short form wherever it says enough. */
export function targetEntry(target: Omit<Target, 'name' | 'shortname' | 'user'>): PlainValue {
  if (target.address === target.hostname && target.port === 22 && target.identityFile === null)
    return target.hostKey;
  return {
    address: target.address,
    port: target.port,
    key: target.hostKey,
    ...(target.identityFile === null ? {} : { identity: target.identityFile }),
  };
}

/**
 * Gives the i-th entry of `roles` to the i-th target; targets beyond the last entry are left out. Without roles every target
 * plays its own name. Throws TargetError when there are fewer targets than entries.
 */
export function bindRoles(roles: RolesByHost | null, targets: readonly Target[]): BoundTarget[] {
  if (roles === null) return targets.map((target) => ({ target, roles: [target.name] }));
  return roles.map((list, index) => {
    const target = targets[index];
    if (target === undefined) throw new TargetError('targets', tooFewTargets(roles.length, targets.length));
    return { target, roles: list };
  });
}

/** The sentence for a job that lists fewer targets than it has entries in `roles`. */
export function tooFewTargets(needed: number, found: number): string {
  return `${needed} targets are needed for all roles but found ${found} listed.`;
}

interface PlainMap {
  readonly [key: string]: PlainValue;
}

function isPlainMap(value: PlainValue): value is { [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
