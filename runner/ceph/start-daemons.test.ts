import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import type { Command, PlainValue, Remote, TaskContext } from '../engine/task.ts';
import { createCluster } from '../remote/cluster.ts';
import { quoteCommand } from '../remote/quote.ts';
import type { CephCluster } from './ceph-cluster.ts';
import { cephArguments } from './ceph-config.ts';
import { daemonsOf, readLayout } from './ceph-layout.ts';
import type { Daemon } from './daemon.ts';
import { createDaemons, stopDaemons } from './start-daemons.ts';

/** The command lines of the daemons of two hosts, whose processes run until their standard input is closed. */
async function started(given: PlainValue) {
  const lines: string[] = [];
  let shipped = 0;
  const host = (name: string): Remote =>
    ({
      name,
      shortname: name,
      testDir: '/t',
      async sh() {
        shipped += 1;
        return '/tmp/helper';
      },
      async start(command: Command) {
        lines.push(quoteCommand(command));
        return { stdin: null, finished: false, wait: () => new Promise(() => {}) };
      },
    }) as unknown as Remote;
  const hosts = createCluster([
    { remote: host('one'), roles: ['mon.a', 'mgr.x', 'osd.0'] },
    { remote: host('two'), roles: ['osd.1', 'mds.a'] },
  ]);
  const log = { ...silentLogger, child: () => log };
  const ctx = { log, defer() {}, state: new Map(), stopJob() {} } as unknown as TaskContext;
  const roles = daemonsOf(readLayout(hosts, { name: 'ceph', managers: true }));
  const cluster = { daemons: [] as Daemon[] } as unknown as CephCluster;
  const daemons = await createDaemons(ctx, cluster, { roles, config: cephArguments.read(given) });
  for (const daemon of daemons) await daemon.start();
  const commands = lines.map((line) => line.replace(/^.*? adjust-ulimits /, ''));
  const ends = lines.map((line) => /daemon-helper (\w+) /.exec(line)?.[1]);
  return { cluster, daemons, commands, ends, lines, shipped };
}

describe('daemons', () => {
  test('run in the foreground as root under the helper, which is copied to each host once', async () => {
    const { cluster, daemons, commands, ends, lines, shipped } = await started(null);
    expect(commands).toEqual([
      'ceph-mon -f --cluster ceph -i a',
      'ceph-mgr -f --cluster ceph -i x',
      'ceph-osd -f --cluster ceph -i 0',
      'ceph-osd -f --cluster ceph -i 1',
      'ceph-mds -f --cluster ceph -i a',
    ]);
    expect(ends).toEqual(Array.from({ length: 5 }, () => 'kill'));
    expect(lines.every((line) => line.startsWith('sudo sh /tmp/helper/daemon-helper '))).toBe(true);
    expect([shipped, cluster.daemons]).toEqual([2, daemons]);
  });

  test('get valgrind by their role before their type, and a profile, and are asked to end where that makes a report', async () => {
    const { commands, ends } = await started({
      valgrind: { osd: '--tool=none', 'osd.1': ['--tool=memcheck'] },
      cpu_profile: ['mds', 'mgr.x'],
    });
    expect(commands[2]).toMatch(
      /^env 'OPENSSL\S+ valgrind .*--log-file=\S+\/osd\.0\.log --tool=none ceph-osd -f /,
    );
    expect(commands[3]).toMatch(
      /^env 'OPENSSL\S+ valgrind .*--xml-file=\S+\/osd\.1\.log --tool=memcheck ceph-osd -f /,
    );
    const profile = (role: string): string => `env CPUPROFILE=/var/log/ceph/profiling-logger/${role}.prof`;
    expect(commands[1]).toBe(`${profile('mgr.x')} ceph-mgr -f --cluster ceph -i x`);
    expect(commands[4]).toBe(`${profile('mds.a')} ceph-mds -f --cluster ceph -i a`);
    expect(ends).toEqual(['kill', 'kill', 'term', 'term', 'kill']);
  });

  test('whose code is counted are asked to end, all of them', async () => {
    expect((await started({ coverage: true })).ends).toEqual(Array.from({ length: 5 }, () => 'term'));
  });
});

describe('the end of daemons', () => {
  test('comes type by type, the last started first; one that does not end keeps none of the others', async () => {
    const events: string[] = [];
    const daemon = (type: string, id: string, failure: string | null = null): Daemon =>
      ({
        type,
        async stop() {
          events.push(`${type}.${id} asked`);
          await Promise.resolve();
          events.push(`${type}.${id} over`);
          if (failure !== null) throw new Error(failure);
        },
      }) as unknown as Daemon;
    const all = [
      daemon('mon', 'a'),
      daemon('osd', '0', 'osd.0 hangs'),
      daemon('osd', '1'),
      daemon('mds', 'a'),
    ];
    await expect(stopDaemons(all)).rejects.toThrow('osd.0 hangs');
    expect(events).toEqual([
      'mds.a asked',
      'mds.a over',
      'osd.0 asked',
      'osd.1 asked',
      'osd.0 over',
      'osd.1 over',
      'mon.a asked',
      'mon.a over',
    ]);
  });
});
