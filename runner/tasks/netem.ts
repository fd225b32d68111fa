import { isIPv6 } from 'node:net';
import type { Remote, Task, TaskContext } from '../engine/task.ts';
import { quoteWord } from '../remote/quote.ts';
import { argument, required, taskArguments } from './args.ts';
import { flag, list, optional, text, texts } from './argument-kinds.ts';
import type { ArgumentKind } from './argument-kinds.ts';
import { requireRoot } from './require-root.ts';
import { TaskConfigError } from './task-config.ts';

const duration: ArgumentKind<string> = {
  name: 'a time such as 20ms or 1s',
  read: (value) => (typeof value === 'string' && /^\d+(\.\d+)?(us|ms|s)$/.test(value) ? value : undefined),
};

const rate: ArgumentKind<string> = {
  name: 'a rate such as 10mbit',
  read: (value) => (typeof value === 'string' && /^\d+(k|m|g)?bit$/.test(value) ? value : undefined),
};

const percent: ArgumentKind<number> = {
  name: 'a number of percent, above 0 and up to 100',
  read: (value) => (typeof value === 'number' && value > 0 && value <= 100 ? value : undefined),
};

export const netemArguments = taskArguments('netem', {
  clients: required({ usage: 'roles whose hosts get it, on what they send', kind: texts }),
  dst_client: argument({
    usage: 'roles: only what is sent to their hosts; otherwise to all other hosts of the job',
    kind: optional(texts),
    fallback: null,
  }),
  iface: argument({
    usage: 'the network interface; the one that leads to the other host',
    kind: optional(text),
    fallback: null,
  }),
  delay: argument({ usage: 'how much later packets are sent', kind: optional(duration), fallback: null }),
  delay_range: argument({
    usage: 'two such times: the delay, and how far it may differ',
    kind: optional(list),
    fallback: null,
  }),
  packet_drop: argument({
    usage: 'how many packets are lost, in percent',
    kind: optional(percent),
    fallback: null,
  }),
  rate: argument({ usage: 'how much may be sent', kind: optional(rate), fallback: null }),
  block: argument({
    usage: 'whether nothing passes at all, in either direction',
    kind: flag,
    fallback: false,
  }),
});

type Config = ReturnType<typeof netemArguments.read>;

/** A host's network cannot be made as bad as the job wants it. */
class NetworkFaultError extends Error {
  override readonly name = 'NetworkFaultError';
}

/**
 * Makes the network between hosts worse while the tasks below it run: slow, late, lossy, or cut. What the runner itself sends to the hosts
 * is not touched.
 */
export const task: Task = async (ctx, config) => {
  const read = netemArguments.read(config);
  const delay = delayOf(read);
  if (delay === null && read.packet_drop === null && read.rate === null && !read.block)
    throw new TaskConfigError({
      task: 'netem',
      path: '',
      expected: 'a fault: delay, delay_range, packet_drop, rate or block',
      given: config,
    });
  const sources = hostsOf(ctx, read.clients);
  await requireRoot('netem', sources);
  const wanted = read.dst_client === null ? ctx.cluster.remotes : hostsOf(ctx, read.dst_client);
  for (const source of sources) {
    const others = wanted.filter((remote) => remote !== source);
    if (others.length === 0)
      throw new NetworkFaultError(`netem: ${source.shortname} has nobody to send to but itself`);
    const addresses = await Promise.all(others.map(addressOf));
    ctx.log.info(`Making the network of ${source.shortname} to ${addresses.join(', ')} worse...`);
    await filterPackets(ctx, source, { read, addresses });
    if (delay !== null || read.rate !== null) await shapeTraffic(ctx, source, { read, delay, addresses });
  }
};

function hostsOf(ctx: TaskContext, roles: readonly string[]): Remote[] {
  return [...new Set(roles.map((role) => ctx.cluster.remoteOf(role)))];
}

/** `20ms` or `20ms 5ms`, as tc takes it. */
function delayOf({ delay, delay_range }: Config): string | null {
  if (delay_range === null) return delay;
  const times = delay_range.map((value) => duration.read(typeof value === 'number' ? `${value}ms` : value));
  if (times.length === 2 && !times.includes(undefined)) return times.join(' ');
  throw new TaskConfigError({
    task: 'netem',
    path: 'delay_range',
    expected: 'two times such as [20ms, 5ms]',
    given: [...delay_range],
  });
}

async function addressOf(remote: Remote): Promise<string> {
  const script = 'set -- $SSH_CONNECTION; case $3 in 127.*|::1|"") hostname -I ;; *) echo "$3" ;; esac';
  const [address] = (await remote.sh(script, { quiet: true })).trim().split(/\s+/);
  if (address !== undefined && address !== '') return address;
  throw new NetworkFaultError(`netem: ${remote.shortname} has no address that other hosts could send to`);
}

/** Loss and cuts are rules of the packet filter, which hosts have whose kernel has no netem. */
async function filterPackets(
  ctx: TaskContext,
  source: Remote,
  { read, addresses }: { read: Config; addresses: readonly string[] },
): Promise<void> {
  const rules = addresses.flatMap((address) => filterRules(address, read));
  for (const { tables, rule } of rules) {
    let refused = false;
    ctx.defer(async () => {
      if (!refused) await source.run(`sudo ${tables} -w -D ${rule}`, { label: 'netem: undo' });
    });
    const { exitStatus, stderr } = await source.run(`sudo ${tables} -w -I ${rule}`, {
      check: false,
      collect: 'stderr',
      label: 'netem',
    });
    refused = exitStatus !== 0;
    if (refused)
      throw new NetworkFaultError(filterRefusal({ host: source.shortname, tables, rule, said: stderr }));
  }
}

/** Why a host's packet filter takes no rule: it is not there, the host may not, or its kernel cannot. */
function filterRefusal(params: { host: string; tables: string; rule: string; said: string }): string {
  const { host, tables, rule } = params;
  const said = params.said.trim().replaceAll(/\s*\n\s*/g, ' | ');
  if (/command not found/.test(said))
    return `netem: ${host} has no ${tables}, which cuts and loses packets: install the package iptables there`;
  if (/Permission denied|Operation not permitted/.test(said))
    return `netem: ${host} has no power over its network, so that nothing can be cut or lost there; a container needs NET_ADMIN, the power 'net' of the docker provider`;
  const kernel =
    /Couldn't load|No chain\/target\/match|does not exist|not supported|RULE_\w+ failed|Failed to initialize nft/;
  return kernel.test(said)
    ? `netem: the kernel of ${host} has no packet filter for '${rule}': ${said}`
    : `netem: ${tables} on ${host} refuses '${rule}': ${said}`;
}

/** The rules for one address, as iptables takes them after -I or -D. */
export function filterRules(
  address: string,
  { block, packet_drop }: Pick<Config, 'block' | 'packet_drop'>,
): { tables: string; rule: string }[] {
  const tables = isIPv6(address) ? 'ip6tables' : 'iptables';
  const at = quoteWord(address);
  const drop =
    packet_drop === null
      ? []
      : [`OUTPUT -d ${at} -m statistic --mode random --probability ${packet_drop / 100} -j DROP`];
  const cut = block ? [`OUTPUT -d ${at} -j DROP`, `INPUT -s ${at} -j DROP`] : [];
  return [...drop, ...cut].map((rule) => ({ tables, rule }));
}

/** Delay and rate are a class of the sending interface into which only packets to the other hosts go. */
async function shapeTraffic(
  ctx: TaskContext,
  source: Remote,
  params: { read: Config; delay: string | null; addresses: readonly string[] },
): Promise<void> {
  const { read, delay, addresses } = params;
  const route = `ip route get ${quoteWord(addresses[0] ?? '')} | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p'`;
  const device = read.iface ?? (await source.sh(route, { quiet: true })).trim();
  ctx.defer(async () => {
    await source.run(`sudo tc qdisc del dev ${quoteWord(device)} root 2>/dev/null || true`, {
      label: 'netem: undo',
    });
  });
  const script = shapingScript({ device, delay, rate: read.rate, addresses });
  const result = await source.run(['sudo', 'sh', '-e'], {
    stdin: script,
    check: false,
    collect: 'stderr',
    label: 'netem',
  });
  if (result.exitStatus === 0) return;
  const said = result.stderr.trim().replaceAll('\n', ' | ');
  const missing = delay !== null && /qdisc kind is unknown|kind not found/i.test(said);
  throw new NetworkFaultError(
    missing
      ? `netem: the kernel of ${source.shortname} has no netem, so that nothing can be delayed there; 'packet_drop', 'rate' and 'block' work without`
      : `netem: tc on ${source.shortname} refuses: ${said}`,
  );
}

/** What tc is told, as a shell script; everything that is not for the addresses passes as before. */
export function shapingScript(params: {
  device: string;
  delay: string | null;
  rate: string | null;
  addresses: readonly string[];
}): string {
  const dev = `dev ${quoteWord(params.device)}`;
  return [
    `tc qdisc add ${dev} root handle 1: htb`,
    `tc class add ${dev} parent 1: classid 1:3 htb rate ${params.rate ?? '10gbit'}`,
    ...(params.delay === null
      ? []
      : [`tc qdisc add ${dev} parent 1:3 handle 30: netem delay ${params.delay}`]),
    ...params.addresses.map((address) => {
      const [protocol, match, bits] = isIPv6(address) ? ['ipv6', 'ip6', 128] : ['ip', 'ip', 32];
      return `tc filter add ${dev} protocol ${protocol} parent 1: prio ${bits} u32 match ${match} dst ${quoteWord(address)}/${bits} flowid 1:3`;
    }),
  ].join('\n');
}
