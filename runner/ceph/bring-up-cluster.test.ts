import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import type { Command, PlainValue, Remote, RunOptions, TaskContext } from '../engine/task.ts';
import { CommandFailedError } from '../remote/command-errors.ts';
import { createCluster } from '../remote/cluster.ts';
import { quoteCommand } from '../remote/quote.ts';
import { bringUp } from './bring-up-cluster.ts';
import { cephClusters } from './ceph-cluster.ts';
import { cephArguments } from './ceph-config.ts';

const healthy = JSON.stringify({
  health: { status: 'HEALTH_OK', checks: {} },
  quorum_names: ['a'],
  monmap: { num_mons: 1 },
  osdmap: { num_osds: 1, num_up_osds: 1, num_in_osds: 1 },
  pgmap: { num_pgs: 8, pgs_by_state: [{ state_name: 'active+clean', count: 8 }] },
  mgrmap: { available: true },
});

/** What the fake host of a cluster notes, by what a command line has in it. */
const steps: readonly (readonly [RegExp, string])[] = [
  [/scratch_devs/, 'probe'],
  [/status --format json/, 'status'],
  [/osd pool create/, 'pool'],
  [/wc -l/, 'log lines'],
  [/\[WRN\]/, 'scan'],
  [/var\/log\/ceph -mindepth/, 'remove logs'],
  [/rm -rf -- \/etc\/ceph\/ceph.conf/, 'remove cluster'],
];

/** A job on one fake host with a monitor, a manager and an OSD; `fail` is the label of the step that fails there. */
function jobOn({ fail = '', unusable = '' } = {}) {
  const events: string[] = [];
  const run = async (command: Command, options: RunOptions = {}) => {
    const line = quoteCommand(command);
    const name = options.label ?? '';
    const step = steps.find(([pattern]) => pattern.test(line))?.[1] ?? name.replace(/^ceph: /, '');
    if (step !== '') events.push(step);
    if (step === 'probe')
      return { stdout: `address=10.0.0.1\nroot=0\ndevices=\nunusable=${unusable}\nmissing=\n` };
    const result = {
      host: 'h1',
      command: line,
      label: name,
      signal: null,
      stdout: healthy,
      stderr: '',
      durationMs: 0,
    };
    if (fail !== '' && step === fail) throw new CommandFailedError({ ...result, exitStatus: 1 });
    return { ...result, exitStatus: 0, stdout: step === 'status' ? healthy : step === 'scan' ? '' : '0' };
  };
  const start = async (command: Command) => {
    const [, type = '', id = ''] = /ceph-(\w+) -f .* -i (\S+)$/.exec(quoteCommand(command)) ?? [];
    events.push(`start ${type}.${id}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => {
      events.push(`stop ${type}.${id}`);
      resolve();
    };
    return { stdin: { end }, finished: false, wait: () => promise };
  };
  const sh = async (script: string, options: RunOptions) => (await run(script, options)).stdout;
  const remote = {
    name: 'ubuntu@h1',
    shortname: 'h1',
    hostname: 'h1',
    testDir: '/t',
    run,
    sh,
    start,
  } as unknown as Remote;
  const undos: ((failure: Error | null) => unknown)[] = [];
  const log = { ...silentLogger, child: () => log };
  const ctx = {
    job: {},
    archive: null,
    cluster: createCluster([{ remote, roles: ['mon.a', 'mgr.x', 'osd.0', 'client.0'] }]),
    log,
    signal: new AbortController().signal,
    state: new Map(),
    summary: { success: true },
    defer: (undo: () => unknown) => void undos.push(undo),
    stopJob() {},
  } as unknown as TaskContext;
  const up = (config: PlainValue = null) => bringUp(ctx, cephArguments.read(config), 'fsid');
  const unwind = async (): Promise<void> => {
    for (const undo of undos.splice(0).toReversed()) await undo(null);
  };
  return { ctx, events, up, unwind };
}

const before = (events: readonly string[], first: string, second: string): boolean =>
  events.includes(first) && events.includes(second) && events.indexOf(first) < events.indexOf(second);

describe('a cluster', () => {
  test('comes up by its monitors, with the stores of OSDs made beside, and is healthy in the end', async () => {
    const { ctx, events, up } = jobOn();
    const cluster = await up();
    expect(events.filter((event) => event.startsWith('start'))).toEqual([
      'start mon.a',
      'start mgr.x',
      'start osd.0',
    ]);
    const order = [
      ['probe', 'prepare the host'],
      ['prepare the host', 'start mon.a'],
      ['start mon.a', 'first quorum and osd new'],
      ['make osd.0', 'first quorum and osd new'],
      ['make osd.0', 'start osd.0'],
      ['first quorum and osd new', 'start osd.0'],
      ['start osd.0', 'pool'],
    ] as const;
    for (const [first, second] of order)
      expect([first, second, before(events, first, second)]).toEqual([first, second, true]);
    expect(events.lastIndexOf('status')).toBeGreaterThan(events.indexOf('pool'));
    expect(cephClusters(ctx).get('ceph')).toBe(cluster);
    expect(cluster.daemons.map(({ role }) => role)).toEqual(['mon.a', 'mgr.x', 'osd.0']);
  });

  test('is unwound in reverse: daemons, the look at its log, its files, the logs', async () => {
    const { ctx, events, up, unwind } = jobOn();
    await up();
    events.length = 0;
    await unwind();
    expect(events).toEqual([
      'stop osd.0',
      'stop mgr.x',
      'stop mon.a',
      'scan',
      'remove cluster',
      'remove logs',
    ]);
    expect(cephClusters(ctx).size).toBe(0);
  });

  test('whose OSD has no store fails after the quorum that was on its way, and leaves nothing', async () => {
    const { events, up, unwind } = jobOn({ fail: 'make osd.0' });
    await expect(up()).rejects.toThrow(CommandFailedError);
    expect(events).toContain('start mgr.x'); // what runs beside is waited for
    expect(events).not.toContain('start osd.0');
    await unwind();
    expect(events.slice(-4)).toEqual(['stop mon.a', 'scan', 'remove cluster', 'remove logs']);
  });

  test('is brought up once; the sentence says how a job has two', async () => {
    const { up } = jobOn();
    await up();
    await expect(up()).rejects.toThrow(
      "ceph: cluster 'ceph' is up already; give the second one a name with 'cluster:'",
    );
  });

  test.each([
    ['/dev/loop9:absent', '/dev/loop9 for OSDs, but there is no such block device on it'],
    ['/dev/disk/by-path/pci-0:1.0:mounted', '/dev/disk/by-path/pci-0:1.0 for OSDs, but that is mounted'],
    ['/dev/loop7:empty', '/dev/loop7 for OSDs, but that cannot be read or has no size'],
  ])('is not begun on a device that holds no store: %s', async (unusable, reason) => {
    const { events, up } = jobOn({ unusable });
    await expect(up()).rejects.toThrow(`ceph: /scratch_devs of h1 names ${reason}`);
    expect(events).toEqual(['probe']);
    const inMemory = jobOn({ unusable });
    await inMemory.up({ conf: { osd: { osd_objectstore: 'memstore' } } });
  });

  test('makes no pool and waits for no health where it is told so', async () => {
    const { events, up } = jobOn();
    await up({ create_rbd_pool: false, 'wait-for-healthy': false });
    expect(events).not.toContain('pool');
    expect(events.filter((event) => event === 'status')).toHaveLength(1); // that the OSDs are up
  });
});
