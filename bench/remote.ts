import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Endpoint, ServerKind } from '../providers/sandbox/endpoint.ts';
import type { Remote } from '../runner/remote/remote.ts';
import { startEndpoints } from '../test/fixtures/ssh-endpoints.ts';
import { remoteTo } from '../test/fixtures/ssh-remote.ts';

/**
 * Measures the remote layer on this machine, beside the `ssh` program on the same servers in the same run.
 * Usage: node bench/remote.ts [commands] [megabytes]
 */
const commands = Number(process.argv[2] ?? 300);
const megabytes = Number(process.argv[3] ?? 1024);
const run = promisify(execFile);

interface Row {
  readonly what: string;
  readonly value: string;
}

async function main(): Promise<void> {
  const rows: Row[] = [];
  for (const server of ['openssh', 'ssh2'] as const) rows.push(...(await measureServer(server)));
  for (const hosts of [16, 64]) rows.push(await measureFanOut(hosts));
  const width = Math.max(...rows.map((row) => row.what.length));
  for (const row of rows) console.log(`${row.what.padEnd(width)}  ${row.value}`);
}

async function measureServer(server: ServerKind): Promise<Row[]> {
  await using servers = await startEndpoints(1, { server });
  const endpoint = servers.endpoints[0] as Endpoint;
  const { remote } = remoteTo(endpoint);
  const connect = await timed(() => remote.connect());
  const ours = await repeat(commands, () => remote.run('true', { quiet: true }));
  const ssh = await measureSsh(endpoint);
  const many = await timed(() =>
    Promise.all(Array.from({ length: commands }, () => remote.run('true', { quiet: true }))),
  );
  const flow = await measureFlow(remote);
  const logged = await measureLogged(remote);
  await remote.close();
  const name = server === 'openssh' ? 'OpenSSH' : 'built-in server';
  return [
    { what: `${name}: connect`, value: ms(connect) },
    {
      what: `${name}: exec, one after the other, p50 / p99`,
      value: `${ms(percentile(ours, 50))} / ${ms(percentile(ours, 99))}`,
    },
    {
      what: `${name}: ssh with ControlMaster, p50 / p99`,
      value: `${ms(percentile(ssh, 50))} / ${ms(percentile(ssh, 99))} (${(percentile(ssh, 50) / percentile(ours, 50)).toFixed(1)} times ours)`,
    },
    {
      what: `${name}: ${commands} commands at once`,
      value: `${ms(many)} (${Math.round((commands * 1000) / many)} per second)`,
    },
    { what: `${name}: stdout of ${megabytes} MB, to a callback`, value: flow },
    { what: `${name}: stdout of ${Math.ceil(megabytes / 8)} MB in lines, to the log`, value: logged },
  ];
}

async function measureSsh(endpoint: Endpoint): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'loligo-bench-'));
  const options = [
    '-oStrictHostKeyChecking=no',
    '-oUserKnownHostsFile=/dev/null',
    '-oLogLevel=ERROR',
    '-oControlMaster=auto',
    '-oControlPersist=60',
    `-oControlPath=${folder}/s`,
    `-i${endpoint.identityFile}`,
    `-p${endpoint.port}`,
    `${endpoint.user}@${endpoint.address}`,
  ];
  await run('ssh', [...options, 'true']);
  const times = await repeat(commands, () => run('ssh', [...options, 'true']));
  await run('ssh', ['-O', 'exit', ...options]);
  await rm(folder, { recursive: true });
  return times;
}

async function measureFlow(remote: Remote): Promise<string> {
  const bytes = megabytes * 1_000_000;
  let received = 0;
  const peak = watchMemory();
  const took = await timed(() =>
    remote.run(`head -c ${bytes} /dev/zero`, {
      quiet: true,
      onStdout: (chunk) => void (received += chunk.length),
    }),
  );
  if (received !== bytes) throw new Error(`received ${received} of ${bytes} bytes`);
  return `${Math.round(megabytes / (took / 1000))} MB/s, peak RSS ${peak()} MB`;
}

async function measureLogged(remote: Remote): Promise<string> {
  const amount = Math.ceil(megabytes / 8);
  const peak = watchMemory();
  let lines = 0;
  const count = {
    debug() {},
    warn() {},
    error() {},
    critical() {},
    info: () => void lines++,
    child: () => count,
  };
  const took = await timed(() =>
    remote.run(`yes "$(head -c 99 /dev/zero | tr '\\0' x)" | head -c ${amount * 1_000_000}`, {
      logger: count,
    }),
  );
  if (lines !== amount * 10_000) throw new Error(`${lines} lines in the log instead of ${amount * 10_000}`);
  return `${Math.round(amount / (took / 1000))} MB/s, peak RSS ${peak()} MB`;
}

/** Each host a server of its own, connected to and asked at the same time. */
async function measureFanOut(hosts: number): Promise<Row> {
  await using servers = await startEndpoints(Math.min(hosts, 16), { server: 'openssh' });
  const { endpoints } = servers;
  const remotes = Array.from(
    { length: hosts },
    (_, n) => remoteTo(endpoints[n % endpoints.length] as Endpoint).remote,
  );
  const took = await timed(() =>
    Promise.all(
      remotes.map(async (remote) => {
        await remote.connect();
        await remote.run('true', { quiet: true });
      }),
    ),
  );
  await Promise.all(remotes.map((remote) => remote.close()));
  return { what: `OpenSSH: connect to ${hosts} hosts at once and run a command on each`, value: ms(took) };
}

function watchMemory(): () => number {
  let most = process.memoryUsage.rss();
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10);
  return () => {
    clearInterval(timer);
    return Math.round(most / 1_000_000);
  };
}

async function repeat(times: number, act: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; n < times; n++) took.push(await timed(act));
  return took.sort((a, b) => a - b);
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}

function ms(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}

await main();
