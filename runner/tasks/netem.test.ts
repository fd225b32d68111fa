import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { JobBench } from '../../test/fixtures/job-bench.ts';
import { fakeShellHost } from '../../test/fixtures/fake-shell-host.ts';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import type { TaskContext } from '../engine/task.ts';
import { createCluster } from '../remote/cluster.ts';
import { filterRules, shapingScript, task } from './netem.ts';

describe('what netem tells a host', () => {
  test('loss and cuts are rules for one address, of its own family', () => {
    expect(filterRules('192.0.2.1', { block: false, packet_drop: 10 })).toEqual([
      {
        tables: 'iptables',
        rule: 'OUTPUT -d 192.0.2.1 -m statistic --mode random --probability 0.1 -j DROP',
      },
    ]);
    expect(filterRules('2001:db8::1', { block: true, packet_drop: null })).toEqual([
      { tables: 'ip6tables', rule: 'OUTPUT -d 2001:db8::1 -j DROP' },
      { tables: 'ip6tables', rule: 'INPUT -s 2001:db8::1 -j DROP' },
    ]);
  });

  test('delay and rate are a class for the addresses alone', () => {
    const addresses = ['192.0.2.1', '2001:db8::1'];
    expect(
      shapingScript({ device: 'eth0', delay: '20ms 5ms', rate: '10mbit', addresses }).split('\n'),
    ).toEqual([
      'tc qdisc add dev eth0 root handle 1: htb',
      'tc class add dev eth0 parent 1: classid 1:3 htb rate 10mbit',
      'tc qdisc add dev eth0 parent 1:3 handle 30: netem delay 20ms 5ms',
      'tc filter add dev eth0 protocol ip parent 1: prio 32 u32 match ip dst 192.0.2.1/32 flowid 1:3',
      'tc filter add dev eth0 protocol ipv6 parent 1: prio 128 u32 match ip6 dst 2001:db8::1/128 flowid 1:3',
    ]);
  });
});

describe('netem refuses', () => {
  let bench: JobBench;
  beforeAll(async () => {
    bench = await startJobBench(1);
  });
  afterAll(() => bench.stop());

  test.each([
    [
      '{clients: [a.a]}',
      /^netem: its config must be a fault: delay, delay_range, packet_drop, rate or block/,
    ],
    ['{clients: [a.a], delay: soon}', 'netem: \'delay\' must be a time such as 20ms or 1s, not "soon"'],
    ['{clients: [a.a], delay_range: [1ms]}', /^netem: 'delay_range' must be two times such as \[20ms, 5ms\]/],
    ['{clients: [a.a], packet_drop: 101}', /^netem: 'packet_drop' must be a number of percent/],
    ['{clients: [a.a], block: true}', /^netem: target1 is a sandbox node and has no root of its own/],
  ])('%s', async (config, reason) => {
    const { failureReason } = await bench.run(`roles: [[a.a]]\ntasks:\n- netem: ${config}\n`);
    expect(failureReason).toMatch(reason);
  });
});

describe('a cut where the packet filter takes no rules', () => {
  /** Two hosts, of which the first has a packet filter that says this. */
  async function cut(said: string) {
    const { remote, ran } = fakeShellHost({
      'sudo -n id': () => ({ stdout: 'uid=0\nnode=\n' }),
      'iptables -w -I INPUT': () => ({ exitStatus: 4, stderr: said }),
    });
    const other = fakeShellHost({ SSH_CONNECTION: () => ({ stdout: '192.0.2.7\n' }) }).remote;
    const undos: (() => Promise<void>)[] = [];
    const hosts = [remote, other].map((each, index) => ({
      remote: { ...each, isContainer: async () => true },
      roles: [`a.${index}`],
    }));
    const ctx = {
      cluster: createCluster(hosts),
      log: silentLogger,
      signal: new AbortController().signal,
      defer: (undo: () => Promise<void>) => undos.push(undo),
    } as unknown as TaskContext;
    const failure = await task(ctx, { clients: ['a.0'], block: true }).catch((error: Error) => error.message);
    for (const undo of undos.toReversed()) await undo();
    return { failure, rules: ran.filter((line) => line.startsWith('sudo iptables')) };
  }

  // What iptables 1.8.9 really says in a container without NET_ADMIN, and elsewhere.
  test.each([
    [
      'iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n',
      /^netem: h1 has no power over its network, .* needs NET_ADMIN, the power 'net' of the docker provider$/,
    ],
    ['sudo: iptables: command not found\n', /^netem: h1 has no iptables, .*install the package iptables/],
    [
      'iptables: No chain/target/match by that name.\n',
      /^netem: the kernel of h1 has no packet filter for 'INPUT -s 192\.0\.2\.7 -j DROP': iptables: No chain/,
    ],
    ['iptables: odd\n  weather\n', /^netem: iptables on h1 refuses 'INPUT .*': iptables: odd \| weather$/],
  ])('says what is missing, and takes back what was done: %s', async (said, sentence) => {
    const { failure, rules } = await cut(said);
    expect(failure).toMatch(sentence);
    expect(rules).toEqual([
      'sudo iptables -w -I OUTPUT -d 192.0.2.7 -j DROP',
      'sudo iptables -w -I INPUT -s 192.0.2.7 -j DROP',
      'sudo iptables -w -D OUTPUT -d 192.0.2.7 -j DROP',
    ]);
  });
});
