import { describe, expect, test } from 'vitest';
import { fakeLab, fakeProvider } from '../../test/fixtures/fake-lab.ts';
import { nodeSpec } from '../../test/fixtures/lab-records.ts';
import { createCleaner } from './clean-nodes.ts';
import { enrollNode, removeNode, setHostKey } from './enroll-nodes.ts';
import { NotAllowedError } from './kill.ts';
import { describeNode, markDown, markUp, reimage } from './mark-nodes.ts';

const ann = { name: 'ann@desk', operator: true };
const bob = { name: 'bob@desk', operator: false };
const reason = 'bad disk';

/** `a` and `b` can be cleaned, `old` cannot; bob holds `b`. */
async function lab() {
  const ports = fakeLab([
    fakeProvider('shelf', async () => ({ osVersion: '13' })),
    fakeProvider('attic', null),
  ]);
  await ports.nodes.register([nodeSpec('a'), nodeSpec('b'), nodeSpec('old', { provider: 'attic' })], 1);
  const lock = { lockId: 'lock-1', nodes: ['b'], owner: 'bob@desk', description: null, leaseUntil: null };
  await ports.nodes.lockMany({ ...lock, now: 2 });
  return ports;
}

describe('down', () => {
  test('keeps a node out of use, with the reason and by whom', async () => {
    const ports = await lab();
    expect(await markDown(ports, { node: 'a', actor: bob, reason })).toMatchObject({
      state: 'quarantined',
      reason,
    });
    expect((await ports.nodes.history('a', 1))[0]).toMatchObject({ event: 'quarantined', by: 'bob@desk' });
    expect(await ports.audit.list(1)).toMatchObject([{ actor: 'bob@desk', subject: 'a', detail: reason }]);
  });

  test('takes a node from its holder only at their own word, or that of an operator', async () => {
    const ports = await lab();
    const eve = { name: 'eve@desk', operator: false };
    await expect(markDown(ports, { node: 'b', actor: eve, reason })).rejects.toThrow('locked by bob@desk');
    expect(await ports.nodes.get('b')).toMatchObject({ state: 'locked' });
    expect(await markDown(ports, { node: 'b', actor: bob, reason })).toMatchObject({
      state: 'quarantined',
      lock: null,
    });
  });
});

describe('up', () => {
  test('goes through cleaning where the provider can', async () => {
    const ports = await lab();
    await markDown(ports, { node: 'a', actor: bob, reason });
    expect(await markUp(ports, { node: 'a', actor: bob, reason: 'new disk' })).toMatchObject({
      state: 'dirty',
    });
    const cleaner = createCleaner(ports, { sole: true });
    await cleaner.pass();
    await cleaner.idle();
    expect(await ports.nodes.get('a')).toMatchObject({ state: 'free', osVersion: '13' });
  });

  test('is an operator’s word where it cannot', async () => {
    const ports = await lab();
    await markDown(ports, { node: 'old', actor: bob, reason });
    await expect(markUp(ports, { node: 'old', actor: bob, reason })).rejects.toThrow(NotAllowedError);
    expect(await markUp(ports, { node: 'old', actor: ann, reason })).toMatchObject({
      state: 'free',
      reason: null,
    });
    expect(ports.poked).toEqual(['box']);
  });

  test('leaves alone what is not down', async () => {
    const ports = await lab();
    expect(await markUp(ports, { node: 'b', actor: ann, reason })).toMatchObject({ state: 'locked' });
    expect(await ports.audit.list(10)).toEqual([]);
  });
});

test('a reimage is for the holder, whose lock ends with it, and for operators', async () => {
  const ports = await lab();
  await expect(reimage(ports, { node: 'a', actor: bob })).rejects.toThrow(NotAllowedError);
  await expect(reimage(ports, { node: 'old', actor: ann })).rejects.toThrow('provider attic has no way to');
  expect(await reimage(ports, { node: 'b', actor: bob })).toMatchObject({ state: 'dirty', lock: null });
  expect(await reimage(ports, { node: 'a', actor: ann })).toMatchObject({ state: 'dirty' });
});

test('the description of a held node is its holder’s to set, and an operator’s, on record', async () => {
  const ports = await lab();
  const eve = { name: 'eve@desk', operator: false };
  await expect(describeNode(ports, { node: 'b', actor: eve, description: 'mine' })).rejects.toThrow(
    NotAllowedError,
  );
  expect(await describeNode(ports, { node: 'b', actor: bob, description: 'a bug' })).toMatchObject({
    description: 'a bug',
  });
  await describeNode(ports, { node: 'b', actor: ann, description: 'wanted tomorrow' });
  expect(await ports.audit.list(1)).toMatchObject([{ actor: 'ann@desk', action: 'describe' }]);
});

describe('the inventory', () => {
  const { provider: _, ...spec } = nodeSpec('new');

  test('takes nodes from operators, and lets them go when nobody holds them', async () => {
    const ports = await lab();
    await expect(enrollNode(ports, { actor: bob, spec })).rejects.toThrow(NotAllowedError);
    expect(await enrollNode(ports, { actor: ann, spec })).toMatchObject({
      provider: 'enrolled',
      state: 'free',
    });
    expect(await enrollNode(ports, { actor: ann, spec: { ...spec, port: 2222 } })).toMatchObject({
      port: 2222,
    });
    await expect(removeNode(ports, { actor: bob, node: 'new' })).rejects.toThrow(NotAllowedError);
    await expect(removeNode(ports, { actor: ann, node: 'b' })).rejects.toThrow('locked by bob@desk');
    await removeNode(ports, { actor: ann, node: 'new' });
    expect(await ports.nodes.get('new')).toBeNull();
  });

  test('leaves the nodes of providers to them', async () => {
    const ports = await lab();
    await expect(enrollNode(ports, { actor: ann, spec: { ...spec, name: 'a' } })).rejects.toThrow(
      'comes from provider shelf',
    );
  });

  test('believes a new host key from whoever holds the node, and from operators', async () => {
    const ports = await lab();
    const hostKey = 'ssh-ed25519 BBBB';
    await expect(setHostKey(ports, { actor: bob, node: 'a', hostKey })).rejects.toThrow(NotAllowedError);
    await setHostKey(ports, { actor: bob, node: 'b', hostKey });
    expect(await ports.nodes.get('b')).toMatchObject({ hostKey, state: 'locked', osVersion: '12' });
    await ports.nodes.mark({ name: 'a', state: 'dirty', reason, by: 'test', now: 5 });
    await ports.nodes.beginCleaning('a', 6);
    await expect(setHostKey(ports, { actor: ann, node: 'a', hostKey })).rejects.toThrow('is being cleaned');
  });
});
