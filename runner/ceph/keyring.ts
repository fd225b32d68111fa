/** Who may do what in a cluster: an entity's secret and capabilities, as a keyring has them. */
export interface KeyringEntry {
  readonly entity: string; // `osd.0`
  readonly key: string;
  readonly caps: Readonly<Record<string, string>>;
}

/** A new secret in Ceph's form: type 1 (AES), the time it was made, and 16 random bytes, in base64. */
export function makeKey(params: { now: number; random: Uint8Array }): string {
  const key = Buffer.alloc(28);
  key.writeUInt16LE(1, 0);
  key.writeUInt32LE(Math.floor(params.now / 1000), 2);
  key.writeUInt16LE(16, 10);
  key.set(params.random.subarray(0, 16), 12);
  return key.toString('base64');
}

/** What an entity of a type may do; `mon` is the monitors' own, `admin` whoever runs the tests. */
export function capsOf(type: string): Readonly<Record<string, string>> {
  switch (type) {
    case 'mon':
      return { mon: 'allow *' };
    case 'mgr':
      return { mon: 'allow profile mgr', osd: 'allow *', mds: 'allow *' };
    case 'osd':
      return { mon: 'allow profile osd', mgr: 'allow profile osd', osd: 'allow *' };
    case 'mds':
      return { mon: 'allow profile mds', mgr: 'allow profile mds', osd: 'allow rwx', mds: 'allow *' };
    case 'admin':
      return { mon: 'allow *', mgr: 'allow *', osd: 'allow *', mds: 'allow *' };
    default:
      return { mon: 'allow rw', mgr: 'allow rw', osd: 'allow rwx', mds: 'allow *' };
  }
}

/** The text of a keyring file. */
export function printKeyring(entries: readonly KeyringEntry[]): string {
  return entries
    .map(({ entity, key, caps }) => {
      const lines = Object.entries(caps).map(([service, cap]) => `\tcaps ${service} = "${cap}"\n`);
      return `[${entity}]\n\tkey = ${key}\n${lines.join('')}`;
    })
    .join('');
}
