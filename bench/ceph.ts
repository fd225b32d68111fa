import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { waitForRun } from '../cli/client/wait.ts';
import { toPlain } from '../core/config/yaml-value.ts';
import { makeConf, printConf } from '../runner/ceph/ceph-conf.ts';
import { startContainerBench } from '../test/fixtures/container-bench.ts';
import { labScratch, queue, startUp } from '../test/fixtures/lab-process.ts';
import { forgetSnapshots, snapshotsOf } from '../test/fixtures/snapshot-images.ts';

/**
 * Jobs on containers with the distribution's Ceph: an installation with and without its snapshot, a cluster against the same steps by
 * hand, what its logs cost, and what the framework itself adds to a job. `--keep` takes a snapshot that is there for the cold one, `--install` makes
 * no cluster.
 */
const threeHosts = [
  ['mon.a', 'mgr.x', 'osd.0'],
  ['mon.b', 'osd.1'],
  ['mon.c', 'osd.2', 'client.0'],
];
const ignored = ['\\(OSD_', '\\(PG_', '\\(OBJECT_', '\\(MON_', '\\(POOL_', 'slow ops'];

interface Timing {
  readonly marks: readonly { readonly message: string; readonly interval: number }[];
}

console.log(`load ${load()}`);
await framework();
const scratch = labScratch();
const lab = await startUp(scratch.lab, '--targets', 'docker', '--nodes', '3');
try {
  if (!process.argv.includes('--keep')) await forgetSnapshots('install-ceph');
  await installation('first');
  for (const name of ['second', 'third', 'fourth']) {
    await installation(name);
    await installedByHand();
  }
  if (!process.argv.includes('--install')) await cluster();
} finally {
  lab.kill('SIGINT');
  await lab.ended;
  await scratch[Symbol.asyncDispose]();
}

/** The whole of a job that does nothing: its initial tasks and their ends. */
async function framework(): Promise<void> {
  let commands = 0;
  const { exec } = ssh2.Client.prototype;
  ssh2.Client.prototype.exec = function counted(this: ssh2.Client, ...args: Parameters<typeof exec>) {
    commands += 1;
    return exec.apply(this, args);
  } as typeof exec;
  const bench = await startContainerBench(3);
  try {
    for (const count of [1, 3]) {
      const roles = threeHosts.slice(0, count);
      const seconds: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        commands = 0;
        const began = performance.now();
        await bench.run(JSON.stringify({ roles, tasks: [] }));
        seconds.push((performance.now() - began) / 1000);
      }
      console.log(
        `a job of no tasks on ${count} hosts: ${commands} commands over SSH, ${median(seconds).toFixed(2)} s (best ${Math.min(...seconds).toFixed(2)} s)`,
      );
    }
  } finally {
    ssh2.Client.prototype.exec = exec;
    await bench.stop();
  }
}

async function installation(name: string): Promise<void> {
  const job = { roles: threeHosts.slice(0, 1), tasks: [{ install: null }] };
  const { log, duration, wall, marks } = await finished(`install-${name}`, job);
  const how = log.includes('reusing existing image') ? 'warm' : 'cold';
  const image = /made image .* in (\S+) s/.exec(log)?.[1];
  console.log(
    `install-only job, ${how}: summary.duration ${duration.toFixed(1)} s, wall ${wall.toFixed(1)} s${image ? `, of which the image ${image} s` : ''}; ${parts(marks)}; load ${load()}`,
  );
}

/** The same by hand, in the same minute. */
async function installedByHand(): Promise<void> {
  const [image = ''] = await snapshotsOf('install-ceph');
  const script = join(import.meta.dirname, 'install-by-hand.sh');
  const { stdout } = await promisify(execFile)('bash', [script, image]);
  const [whole, answered] = stdout.trim().split(' ');
  console.log(
    `  a container of that image by hand: ${whole} s, of which ${answered} s to the first command over SSH; load ${load()}`,
  );
}

async function cluster(): Promise<void> {
  const [image = ''] = await snapshotsOf('install-ceph');
  const identity = { fsid: '@FSID@', mon_host: '@MON_HOST@', mon_initial_members: 'm0,m1,m2' };
  await writeFile(join(scratch.root, 'conf'), printConf(makeConf({ identity, given: {} })));
  const byHand: number[] = [];
  for (const round of ['one', 'two']) {
    byHand.push(await seconds(image));
    const tasks = [{ install: null }, { ceph: { 'log-ignorelist': ignored } }, { nop: null }];
    const { log, duration, marks } = await finished(`cluster-${round}`, { roles: threeHosts, tasks });
    byHand.push(await seconds(image));
    const healthy = marks.find(({ message }) => message === 'nop enter')?.interval ?? NaN;
    const own = /was brought up in (\S+) s/.exec(log)?.[1];
    const mean = byHand.slice(-2).reduce((sum, each) => sum + each, 0) / 2;
    const archived = /Archived (\d+) bytes of logs from 3 hosts in (\S+) s/.exec(log);
    console.log(
      `cluster of 3: begin of the job -> HEALTH_OK ${healthy.toFixed(1)} s (task ceph alone ${Number(own).toFixed(1)} s), ` +
        `by hand before and after ${byHand
          .slice(-2)
          .map((each) => each.toFixed(1))
          .join(
            ' and ',
          )} s: ratio ${(healthy / mean).toFixed(2)} (task alone ${(Number(own) / mean).toFixed(2)}); whole job ${duration.toFixed(1)} s; load ${load()}`,
    );
    console.log(`logs: ${archived?.[1]} bytes in ${archived?.[2]} s; ${parts(marks)}`);
  }
}

async function seconds(image: string): Promise<number> {
  const script = join(import.meta.dirname, 'ceph-by-hand.sh');
  const { stdout } = await promisify(execFile)('bash', [script, image, join(scratch.root, 'conf')]);
  return Number(stdout);
}

async function finished(name: string, job: object) {
  const began = performance.now();
  const { run, jobId } = await queue(lab.client, name, JSON.stringify(job));
  const [over] = await waitForRun(lab.client, run, { pollMs: 50 });
  const wall = (performance.now() - began) / 1000;
  if (over?.status !== 'pass') throw new Error(`${name} is ${over?.status}: ${over?.failure_reason}`);
  const file = (path: string) => readFile(join(scratch.lab, 'archive', run, String(jobId), path), 'utf8');
  const { duration } = toPlain(pyYaml.parse(await file('summary.yaml'))) as { duration: number };
  const { marks } = toPlain(pyYaml.parse(await file('timing.yaml'))) as unknown as Timing;
  return { log: await file('teuthology.log'), duration, wall, marks };
}

/** Where the time of a job goes: the longest stretches between its marks. */
function parts(marks: Timing['marks']): string {
  const stretches = marks.map(({ message, interval }, index) => ({
    message,
    seconds: (marks[index + 1]?.interval ?? interval) - interval,
  }));
  return stretches
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, 5)
    .map(({ message, seconds: each }) => `${message} ${each.toFixed(1)} s`)
    .join(', ');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
