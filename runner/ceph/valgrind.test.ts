import { describe, expect, test } from 'vitest';
import type { PlainValue } from '../engine/task.ts';
import { readFindings, usesValgrind, valgrindWords } from './valgrind.ts';

const error =
  '<error> <unique>0x0</unique> <kind>Leak_DefinitelyLost</kind> <xwhat><text>56 bytes in 1 blocks are lost</text></xwhat> <stack><frame><ip>0x48</ip></frame> <frame><ip>0x49</ip><fn>vector&lt;int&gt;::add</fn><file>a.cc</file><line>7</line></frame></stack> </error>';

describe('reports of valgrind', () => {
  test('a finding says what it is and where', () => {
    expect(readFindings('h1', `osd.0.log\tLeak_DefinitelyLost\t2\t${error}\n`)).toEqual([
      {
        host: 'h1',
        report: 'osd.0.log',
        kind: 'Leak_DefinitelyLost',
        count: 2,
        first: '56 bytes in 1 blocks are lost at 0x48 < vector<int>::add (a.cc:7)',
      },
    ]);
  });

  test('leaks of metadata servers do not count, other errors of theirs do', () => {
    const kinds = ['Leak_DefinitelyLost', 'InvalidRead'];
    const text = kinds.map((kind) => `mds.a.log\t${kind}\t1\t${error}\n`).join('');
    expect(readFindings('h1', text).map(({ kind }) => kind)).toEqual(['InvalidRead']);
    expect(readFindings('h1', '')).toEqual([]);
  });

  test('a program runs under valgrind only when it is told to, with a report that can be read', () => {
    const words = (state: Map<string, unknown>, given: PlainValue): string[] =>
      valgrindWords({ state }, given, { report: 'osd.0', remote: { testDir: '/t' } });
    const state = new Map<string, unknown>();
    expect([words(state, null), usesValgrind({ state })]).toEqual([[], false]);
    expect(words(state, ['--tool=memcheck'])).toEqual(
      expect.arrayContaining(['valgrind', '--xml=yes', '--xml-file=/var/log/ceph/valgrind/osd.0.log']),
    );
    expect(words(state, '--tool=none')).toContain('--log-file=/var/log/ceph/valgrind/osd.0.log');
    expect(usesValgrind({ state })).toBe(true);
  });
});
