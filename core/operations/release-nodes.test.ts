import { expect, test } from 'vitest';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../../test/fixtures/lab-records.ts';
import { NodeStateError } from '../locks/errors.ts';
import { dispatch } from './dispatch.ts';
import { NotAllowedError, kill } from './kill.ts';
import { releaseLock, renewLock, unlockNode } from './release-nodes.ts';
import { createSweeper } from './sweep.ts';

const ann = { name: 'ann@desk', operator: true };
const bob = { name: 'bob@desk', operator: false };
const plain = { owner: null, force: false, clean: false };

/** A lab where bob has locked `a` and `b` together, and `c` is free. */
async function lab(leaseUntil: number | null = null) {
  const ports = fakeLab();
  await ports.nodes.register(
    ['a', 'b', 'c'].map((name) => nodeSpec(name)),
    1,
  );
  const lock = { lockId: 'lock-1', nodes: ['a', 'b'], owner: 'bob@desk', description: 'a bug' };
  await ports.nodes.lockMany({ ...lock, leaseUntil, now: ports.clock.time });
  const desk = { ...ports, kill: (given: Parameters<typeof kill>[1]) => kill(ports, given) };
  return { ports, desk };
}

test('a node is given back alone, to be cleaned unless it is said to be clean', async () => {
  const { ports, desk } = await lab();
  await unlockNode(desk, { ...plain, node: 'a', actor: bob });
  expect(await ports.nodes.get('a')).toMatchObject({ state: 'dirty', reason: 'used by bob@desk' });
  expect(await ports.nodes.get('b')).toMatchObject({ state: 'locked' });
  expect(ports.poked).toEqual([]);
  await unlockNode(desk, { ...plain, node: 'b', actor: bob, clean: true });
  expect(await ports.nodes.get('b')).toMatchObject({ state: 'free' });
  expect(ports.poked).toEqual(['box']);
});

test('what somebody else holds is refused with their name, and given back in it only by operators, on record', async () => {
  const { ports, desk } = await lab();
  const eve = { name: 'eve@desk', operator: false };
  await expect(unlockNode(desk, { ...plain, node: 'a', actor: eve })).rejects.toThrow(
    'it is locked by bob@desk (a bug)',
  );
  await expect(unlockNode(desk, { ...plain, node: 'a', actor: ann })).rejects.toThrow('locked by bob@desk');
  await expect(unlockNode(desk, { ...plain, node: 'a', actor: eve, owner: 'bob@desk' })).rejects.toThrow(
    NotAllowedError,
  );
  expect(await ports.nodes.get('a')).toMatchObject({ state: 'locked' });
  expect(await ports.audit.list(10)).toEqual([]);
  await unlockNode(desk, { ...plain, node: 'a', actor: ann, owner: 'bob@desk' });
  expect(await ports.nodes.get('a')).toMatchObject({ state: 'dirty' });
  expect(await ports.audit.list(10)).toMatchObject([{ actor: 'ann@desk', action: 'unlock', subject: 'a' }]);
});

test('the node of a job comes back only with the end of the job, which takes force and an operator', async () => {
  const { ports, desk } = await lab();
  await ports.jobs.createRun(newRun('r', { owner: 'bob@desk' }));
  const [jobId = 0] = await ports.jobs.enqueue({ run: 'r', jobs: [newJob('k')], now: 2 });
  await dispatch(ports, { maxRunners: null });
  expect(await ports.nodes.get('c')).toMatchObject({ state: 'locked', lock: { job: { run: 'r', jobId } } });
  const unlock = { ...plain, node: 'c' };
  await expect(unlockNode(desk, { ...unlock, actor: bob })).rejects.toThrow(`"loligo kill r/${jobId}"`);
  await expect(unlockNode(desk, { ...unlock, actor: bob, force: true })).rejects.toThrow(NotAllowedError);
  expect(await unlockNode(desk, { ...unlock, actor: ann, force: true })).toEqual({
    kind: 'killed',
    node: 'c',
    job: { run: 'r', jobId },
  });
  expect((await ports.jobs.getJob('r', jobId))?.killRequested).toMatchObject({ actor: 'ann@desk' });
  expect(await ports.audit.list(10)).toMatchObject([{ actor: 'ann@desk', action: 'kill' }]);
});

test('a free node and a lock that is over cannot be given back', async () => {
  const { ports, desk } = await lab();
  await expect(unlockNode(desk, { ...plain, node: 'c', actor: bob })).rejects.toThrow('node c is not locked');
  await releaseLock(ports, { lockId: 'lock-1', actor: bob, clean: false });
  await expect(releaseLock(ports, { lockId: 'lock-1', actor: bob, clean: false })).rejects.toThrow(
    NodeStateError,
  );
  await expect(renewLock(ports, { lockId: 'lock-1', actor: bob, leaseUntil: null })).rejects.toThrow(
    'is over',
  );
});

test('only the holder and operators renew', async () => {
  const { ports } = await lab(5_000_000);
  const eve = { name: 'eve@desk', operator: false };
  await expect(renewLock(ports, { lockId: 'lock-1', actor: eve, leaseUntil: null })).rejects.toThrow(
    NotAllowedError,
  );
  await renewLock(ports, { lockId: 'lock-1', actor: bob, leaseUntil: null });
  expect((await ports.nodes.get('a'))?.lock?.leaseUntil).toBeNull();
});

test("the sweeper takes back a person's nodes when their time is over, to be cleaned, and not before", async () => {
  const { ports } = await lab(1_000_000 + 60_000);
  const sweeper = createSweeper(ports);
  await sweeper.sweep();
  const released: string[] = [];
  for (let second = 10; second <= 50; second += 10) {
    ports.clock.time += 10_000;
    released.push(...(await sweeper.sweep()).released);
  }
  expect(released).toEqual([]);
  await renewLock(ports, { lockId: 'lock-1', actor: bob, leaseUntil: ports.clock.time + 15_000 });
  ports.clock.time += 11_000;
  expect((await sweeper.sweep()).released).toEqual([]);
  ports.clock.time += 10_000;
  expect((await sweeper.sweep()).released).toEqual(['lock-1']);
  expect(await ports.nodes.get('a')).toMatchObject({ state: 'dirty', lock: null });
  await expect(renewLock(ports, { lockId: 'lock-1', actor: bob, leaseUntil: null })).rejects.toThrow(
    'is over',
  );
});
