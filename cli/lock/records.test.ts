import { describe, expect, test } from 'vitest';
import { nodeView } from '../../api/views.ts';
import { unusedNode } from '../../core/locks/node.ts';
import type { Node } from '../../core/locks/node.ts';
import { nodeSpec } from '../../test/fixtures/lab-records.ts';
import { briefLines, lockRecord, matches, parseQuery, summaryLines } from './records.ts';
import type { LockFilter } from './records.ts';

const noFilter: LockFilter = {
  machineTypes: null,
  owner: null,
  up: null,
  locked: null,
  description: null,
  descriptionPart: null,
  query: null,
  osType: null,
  osVersion: null,
  arch: null,
};

function node(name: string, changes: Partial<Node> = {}): Node {
  return { ...unusedNode(nodeSpec(name)), ...changes };
}

const lock = (owner: string) => ({
  id: 'lock-1',
  owner,
  job: null,
  fence: 1,
  since: Date.parse('2026-03-04T05:06:07.089Z'),
  leaseUntil: null,
});
const nodes = [
  node('alpha01', { state: 'locked', lock: lock('ann@lab'), description: '/archive/ann-2026/42' }),
  node('b2', { state: 'quarantined', reason: 'bad disk', machineType: 'rack' }),
  node('c3', { osVersion: '13' }),
];
const records = nodes.map((each) => lockRecord(nodeView(each)));

test('a record has the words and the times of the original', () => {
  expect(records[0]).toMatchObject({
    name: 'alpha01',
    up: true,
    locked: true,
    locked_by: 'ann@lab',
    locked_since: '2026-03-04 05:06:07.089000',
    ssh_pub_key: 'ssh-ed25519 AAAA',
    vm_host: null,
    state: 'locked',
  });
  expect(records[1]).toMatchObject({ up: false, locked: false, locked_since: null, reason: 'bad disk' });
});

test('--brief and --summary look as scripts expect them', () => {
  expect(briefLines(records)).toEqual([
    'alpha01 up   locked   ann@lab "/archive/ann-2026/42"',
    'b2      down unlocked None    ""',
    'c3      up   unlocked None    ""',
  ]);
  expect(summaryLines(records)).toEqual([
    'TYPE     COUNT  UP  OWNER',
    'box        1    1  ann@lab',
    'box        1    1  (free)',
    'rack       1    0  (free)',
    '         ---  ---',
    '           3    2',
  ]);
});

describe('a listing is narrowed', () => {
  test.each<[string, Partial<LockFilter>, string[]]>([
    ['by nothing', {}, ['alpha01', 'b2', 'c3']],
    ['by type', { machineTypes: ['rack', 'other'] }, ['b2']],
    ['by owner', { owner: 'ann@lab' }, ['alpha01']],
    ['to what is down', { up: false }, ['b2']],
    ['to what is unlocked', { locked: false }, ['b2', 'c3']],
    ['by part of the description', { descriptionPart: 'ann-' }, ['alpha01']],
    ['by system', { osType: 'debian', osVersion: '13' }, ['c3']],
    ['by query', { query: { machine_type: 'box', locked: false } }, ['c3']],
    ['by a key that no node has', { query: { rack: null } }, []],
    ['by a key of every object', { query: { constructor: {} } }, []],
    ['by a map where there is a text', { query: { name: { first: 'a' } } }, []],
  ])('%s', (_, filter, names) => {
    const shown = records.filter((record) => matches(record, { ...noFilter, ...filter }));
    expect(shown.map((record) => record.name)).toEqual(names);
  });

  test.each(['[1]', '"text"', 'null', 'nowhere.json'])('but not by %s, which is no object', (text) => {
    expect(() => parseQuery(text)).toThrow('--json-query');
  });
});
