import { randomBytes, randomUUID } from 'node:crypto';
import type { Remote, TaskContext } from '../engine/task.ts';
import { quoteWord } from '../remote/quote.ts';
import type { CephConf } from './ceph-conf.ts';
import { printConf, settingOf } from './ceph-conf.ts';
import type { CephLayout, CephRole } from './ceph-layout.ts';
import { on } from './ceph-layout.ts';
import type { CephHost } from './host-probe.ts';
import { capsOf, makeKey, printKeyring } from './keyring.ts';
import type { KeyringEntry } from './keyring.ts';

/** Everything that is decided about a cluster before its first file is written. */
export interface ClusterPlan {
  readonly layout: CephLayout;
  readonly hosts: ReadonlyMap<Remote, CephHost>;
  readonly fsid: string;
  readonly conf: CephConf;
  readonly monAddresses: ReadonlyMap<CephRole, string>; // `[v2:IP:PORT,v1:IP:PORT]`
  readonly keys: ReadonlyMap<string, KeyringEntry>; // by entity
  readonly osdUuids: ReadonlyMap<CephRole, string>;
}

/** New secrets for every daemon and client, the monitors and the administrator; the monitors know them from their first start. */
export function makeKeys(layout: CephLayout): ReadonlyMap<string, KeyringEntry> {
  const entry = (entity: string, type: string): [string, KeyringEntry] => [
    entity,
    { entity, key: makeKey({ now: Date.now(), random: randomBytes(16) }), caps: capsOf(type) },
  ];
  const rest = [...layout.mgrs, ...layout.osds, ...layout.mdss, ...layout.clients];
  return new Map([
    entry('mon.', 'mon'),
    entry('client.admin', 'admin'),
    ...rest.map(({ name, type }) => entry(name, type)),
  ]);
}

/** A uuid for each OSD's store. */
export function makeOsdUuids(layout: CephLayout): ReadonlyMap<CephRole, string> {
  return new Map(layout.osds.map((osd) => [osd, randomUUID()]));
}

/**
 * Where the monitors listen: the usual ports, counted up for further monitors on one address. `taken` has what other clusters of
 * the job use, and is added to.
 */
export function addressesOfMons(
  layout: CephLayout,
  hosts: ReadonlyMap<Remote, CephHost>,
  taken: Map<string, number>,
): ReadonlyMap<CephRole, string> {
  return new Map(
    layout.mons.map((mon) => {
      const ip = hosts.get(mon.remote)?.address ?? '';
      const nth = taken.get(ip) ?? 0;
      taken.set(ip, nth + 1);
      const at = ip.includes(':') ? `[${ip}]` : ip;
      return [mon, `[v2:${at}:${3300 + nth},v1:${at}:${6789 + nth}]`];
    }),
  );
}

/** Writes configuration and keyrings and makes the monitors' stores: one command a host, all hosts at once. */
export async function prepareHosts(ctx: TaskContext, plan: ClusterPlan): Promise<void> {
  ctx.log.info(`Writing configuration, keyrings and monitor stores of cluster ${plan.layout.cluster}...`);
  await eachHost(plan, (remote) =>
    runScript(ctx, remote, { what: 'prepare the host', script: hostScript(plan, remote) }),
  );
}

/** Makes the stores of the OSDs: one command a host, all hosts at once. Needs no monitor. */
export async function makeOsdStores(ctx: TaskContext, plan: ClusterPlan): Promise<void> {
  if (plan.layout.osds.length === 0) return;
  ctx.log.info(`Making the stores of ${plan.layout.osds.length} OSDs...`);
  await eachHost(plan, async (remote) => {
    const osds = on(remote, plan.layout.osds);
    if (osds.length === 0) return;
    const script = osdScript(plan, remote, osds);
    await runScript(ctx, remote, { what: `make ${osds.map(({ role }) => role).join(', ')}`, script });
  });
}

/** Tells the monitors about the OSDs, in one round trip; waits for the monitors' first quorum. */
export async function registerOsds(ctx: TaskContext, plan: ClusterPlan): Promise<void> {
  const { layout } = plan;
  const commands = layout.osds.map((osd) => `osd new ${plan.osdUuids.get(osd) ?? ''} ${osd.id}`);
  ctx.log.info(`Waiting for the first quorum of cluster ${layout.cluster}...`);
  const ceph = `ceph --cluster ${layout.cluster} --connect-timeout 120`;
  // Without words ceph reads commands from its standard input, over one connection; it says Error and goes on.
  const script = `${header}
printf '%s\\n' ${['mon stat', ...commands].map(quoteWord).join(' ')} | timeout 150 ${ceph} >/tmp/loligo-osd-new.$$ 2>&1 || bad=yes
cat /tmp/loligo-osd-new.$$ >&2
grep -q Error /tmp/loligo-osd-new.$$ && bad=yes
rm -f /tmp/loligo-osd-new.$$
test -z "$bad"
`;
  await runScript(ctx, layout.firstMon.remote, { what: 'first quorum and osd new', script });
}

const header = 'PATH=$PATH:/usr/sbin:/sbin';

async function eachHost(plan: ClusterPlan, act: (remote: Remote) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(plan.layout.remotes.map(act));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}

/** As root, from standard input: secrets in it are in no process list and no log. */
async function runScript(
  ctx: TaskContext,
  remote: Remote,
  { what, script }: { what: string; script: string },
): Promise<void> {
  await remote.run(['sudo', 'sh'], {
    stdin: script,
    label: `ceph: ${what}`,
    signal: ctx.signal,
    timeoutMs: 300_000,
  });
}

function hostScript(plan: ClusterPlan, remote: Remote): string {
  const { layout, keys } = plan;
  const c = layout.cluster;
  const entries = (...names: string[]): KeyringEntry[] => names.flatMap((name) => keys.get(name) ?? []);
  const file = (path: string, text: string): string => `cat >${path} <<'LOLIGO_END'\n${text}LOLIGO_END\n`;
  const adds = [...plan.monAddresses].map(
    ([mon, address]) => `--addv ${quoteWord(mon.id)} ${quoteWord(address)}`,
  );
  const mons = on(remote, layout.mons);
  const own = [...on(remote, layout.mgrs), ...on(remote, layout.mdss), ...on(remote, layout.osds)];
  return [
    `set -e\numask 022\n${header}`,
    'install -d -m0777 -- /var/run/ceph\ninstall -d -m0755 -- /etc/ceph /var/lib/ceph/crash /var/lib/ceph/crash/posted\nchmod 777 /var/log/ceph\nrm -f -- /etc/logrotate.d/ceph\ninstall -d -m0777 -- /var/log/ceph/valgrind /var/log/ceph/profiling-logger',
    file(`/etc/ceph/${c}.conf`, printConf(plan.conf)),
    file(`/etc/ceph/${c}.keyring`, printKeyring(entries('client.admin'))),
    ...on(remote, layout.clients).map(({ name }) =>
      file(`/etc/ceph/${c}.${name}.keyring`, printKeyring(entries(name))),
    ),
    ...own.map(({ type, id, name }) => {
      const folder = `/var/lib/ceph/${type}/${c}-${id}`;
      return `mkdir -p ${folder}\n${file(`${folder}/keyring`, printKeyring(entries(name)))}chmod 600 ${folder}/keyring`;
    }),
    `rm -rf /var/lib/ceph/tmp/${c}-start\ninstall -d -m0700 /var/lib/ceph/tmp/${c}-start`,
    `cd /var/lib/ceph/tmp/${c}-start`,
    `monmaptool --create --clobber --fsid ${plan.fsid} ${adds.join(' ')} monmap >/dev/null`,
    ...(mons.length === 0 ? [] : [file('mons', printKeyring([...keys.values()]))]),
    ...mons.map(
      ({ id }) =>
        `mkdir -p /var/lib/ceph/mon/${c}-${id}\nceph-mon --cluster ${c} --mkfs -i ${id} --monmap monmap --keyring mons`,
    ),
    'rm -f mons\n',
  ].join('\n');
}

/** The stores are made at the same time, each with a log of its own that is shown when it fails. */
function osdScript(plan: ClusterPlan, remote: Remote, osds: readonly CephRole[]): string {
  const { layout, conf } = plan;
  const c = layout.cluster;
  const devices = [...(plan.hosts.get(remote)?.devices ?? [])];
  const each = osds.map((osd) => {
    const folder = `/var/lib/ceph/osd/${c}-${osd.id}`;
    const onDisk = settingOf(conf, osd, 'osd_objectstore') === 'bluestore';
    const device = onDisk ? devices.shift() : undefined;
    const link = device === undefined ? '' : `wipefs -aq ${device} && ln -sfn ${device} ${folder}/block && `;
    const uuid = plan.osdUuids.get(osd) ?? '';
    return [
      `( ${link}ceph-osd --cluster ${c} --no-mon-config --mkfs -i ${osd.id} --osd-uuid ${uuid} --monmap monmap`,
      `    --keyring ${folder}/keyring >osd.${osd.id} 2>&1 || { tail -n 20 osd.${osd.id} >&2; touch failed; } ) &`,
    ].join(' \\\n');
  });
  return `${header}\ncd /var/lib/ceph/tmp/${c}-start || exit\n${each.join('\n')}\nwait\ntest ! -e failed\n`;
}
