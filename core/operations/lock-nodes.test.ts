import { describe, expect, test } from 'vitest';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../../test/fixtures/lab-records.ts';
import { NodeNotFoundError, NodesLackingError, NodesTakenError } from '../locks/errors.ts';
import type { Node } from '../locks/node.ts';
import { NotAllowedError } from './kill.ts';
import { lockNodes } from './lock-nodes.ts';
import type { LockOrder, SomeNodes } from './lock-nodes.ts';

const ann = { name: 'ann@desk', operator: true };
const bob = { name: 'bob@desk', operator: false };
const wish = { machineType: 'box', osType: null, osVersion: null, arch: null };
const some = (count: number, changes: Partial<SomeNodes['wish']> = {}): SomeNodes => ({
  kind: 'some',
  count,
  wish: { ...wish, ...changes },
  roleWishes: null,
});

function order(changes: Partial<LockOrder>): LockOrder {
  return {
    lockId: 'lock-1',
    wanted: some(1),
    actor: bob,
    owner: null,
    description: null,
    leaseUntil: null,
    ...changes,
  };
}

async function lab(...names: string[]) {
  const ports = fakeLab();
  await ports.nodes.register(
    names.map((name) => nodeSpec(name)),
    1,
  );
  return ports;
}

const namesOf = (nodes: readonly Node[]) => nodes.map((node) => node.name);

describe('so many nodes', () => {
  test('are those that were not used for longest', async () => {
    const ports = await lab('a', 'b', 'c');
    for (const [index, name] of ['a', 'c'].entries()) {
      ports.clock.time += 1000;
      await lockNodes(ports, order({ lockId: `lock-${index}`, wanted: { kind: 'named', names: [name] } }));
      await ports.nodes.release(`lock-${index}`, { clean: true, now: ports.clock.time });
    }
    const got = await lockNodes(ports, order({ lockId: 'lock-x', wanted: some(2) }));
    expect(namesOf(got)).toEqual(['b', 'a']);
    expect(got[0]?.lock).toMatchObject({ id: 'lock-x', owner: 'bob@desk', job: null });
  });

  test('are the same ones when the order is repeated after a lost reply, and no others', async () => {
    const ports = await lab('a', 'b', 'c');
    const first = await lockNodes(ports, order({ wanted: some(2) }));
    expect(namesOf(await lockNodes(ports, order({ wanted: some(2) }))).sort()).toEqual(namesOf(first).sort());
    expect(await ports.nodes.list({ state: 'free' })).toHaveLength(1);
    await ports.nodes.release('lock-1', { clean: true, now: 5 });
    await expect(lockNodes(ports, order({ wanted: some(2) }))).rejects.toThrow('is over');
    expect(await ports.nodes.list({ state: 'locked' })).toEqual([]);
  });

  test('are refused with what stands against each node, and none is locked', async () => {
    const ports = await lab('a', 'b', 'c', 'd');
    await lockNodes(
      ports,
      order({ actor: ann, wanted: { kind: 'named', names: ['a'] }, description: 'a bug' }),
    );
    await ports.nodes.mark({ name: 'b', state: 'dirty', reason: 'used by eve', by: 'test', now: 5 });
    await ports.jobs.createRun(newRun('r'));
    const [jobId = 0] = await ports.jobs.enqueue({ run: 'r', jobs: [newJob('k')], now: 2 });
    await ports.jobs.claim({ run: 'r', jobId, nodes: ['d'], leaseUntil: 100, now: 5 });
    const failure = lockNodes(ports, order({ lockId: 'lock-2', wanted: some(3) }));
    await expect(failure).rejects.toThrow(NodesTakenError);
    await expect(failure).rejects.toThrow(
      'asked for 3 of type box, 1 is free: a is locked by ann@desk (a bug), b is dirty (used by eve), ' +
        `d is locked by tester@here (job r/${jobId})`,
    );
    expect(await ports.nodes.get('c')).toMatchObject({ state: 'free', fence: 0 });
  });

  test('that the lab does not have are told apart from those that are taken', async () => {
    const ports = await lab('a', 'b');
    await expect(lockNodes(ports, order({ wanted: some(3) }))).rejects.toThrow(NodesLackingError);
    await expect(lockNodes(ports, order({ wanted: some(1, { machineType: 'rack' }) }))).rejects.toThrow(
      'the lab has no such nodes (its types: box)',
    );
    await expect(lockNodes(ports, order({ wanted: some(1, { osType: 'rhel' }) }))).rejects.toThrow(
      'a has debian, not rhel',
    );
  });
});

describe('named nodes', () => {
  test('are locked all or none', async () => {
    const ports = await lab('a', 'b');
    await lockNodes(ports, order({ wanted: { kind: 'named', names: ['a'] } }));
    const both = order({ lockId: 'lock-2', actor: ann, wanted: { kind: 'named', names: ['b', 'a'] } });
    await expect(lockNodes(ports, both)).rejects.toThrow('locked by bob@desk');
    expect(await ports.nodes.get('b')).toMatchObject({ state: 'free' });
  });

  test('must be in the inventory', async () => {
    const ports = await lab('a');
    const unknown = order({ wanted: { kind: 'named', names: ['a', 'z'] } });
    await expect(lockNodes(ports, unknown)).rejects.toThrow(NodeNotFoundError);
    expect(await ports.nodes.list({ state: 'locked' })).toEqual([]);
  });
});

describe('in the name of somebody else', () => {
  test('only operators lock, and it is on record', async () => {
    const ports = await lab('a', 'b');
    await expect(lockNodes(ports, order({ owner: 'eve@desk' }))).rejects.toThrow(NotAllowedError);
    expect(await ports.audit.list(10)).toEqual([]);
    const [node] = await lockNodes(ports, order({ actor: ann, owner: 'eve@desk' }));
    expect(node?.lock?.owner).toBe('eve@desk');
    expect(await ports.audit.list(10)).toMatchObject([
      { actor: 'ann@desk', action: 'lock', subject: 'a', detail: 'for eve@desk' },
    ]);
  });

  test('a lock id that is theirs is of no use', async () => {
    const ports = await lab('a', 'b');
    await lockNodes(ports, order({ actor: ann }));
    await expect(lockNodes(ports, order({ actor: bob }))).rejects.toThrow(NotAllowedError);
  });
});
