import { describe, expect, test } from 'vitest';
import type { NodeSpec } from '../../core/locks/node.ts';
import type { NodeFilter } from '../../core/ports/node-store.ts';
import { nodeSpec } from '../fixtures/lab-records.ts';
import { request } from './lock-request.ts';
import { race } from './race.ts';
import type { StoresUnderTest } from './race.ts';

/** What every node store must do about long inventories, nodes that people enter, and host keys. Nodes a, b and c are there. */
export function pagedInventoryCases(get: () => StoresUnderTest): void {
  const names = async (filter: NodeFilter) => (await get().nodes.list(filter)).map(({ name }) => name);

  describe('a long inventory', () => {
    test('is read page by page in the order of code points, whatever is added meanwhile', async () => {
      const { nodes } = get();
      const others = ['n1', 'n10', 'n2', 'é', '\u{ff5e}', '\u{1f600}'];
      await nodes.register(
        others.map((name) => nodeSpec(name)),
        1,
      );
      await nodes.remove('c');
      expect(await names({ limit: 3 })).toEqual(['a', 'b', 'n1']);
      await nodes.register([nodeSpec('aa'), nodeSpec('n11')], 2);
      expect(await names({ after: 'n1', limit: 3 })).toEqual(['n10', 'n11', 'n2']);
      expect(await names({ after: 'n2', limit: 9 })).toEqual(['é', '\u{ff5e}', '\u{1f600}']);
      expect(await names({ after: 'n12', limit: 1 })).toEqual(['n2']); // never there
      expect(await names({ after: '\u{1f600}' })).toEqual([]);
    });

    test('is narrowed before it is cut', async () => {
      const { nodes } = get();
      const many = Array.from({ length: 130 }, (_, index) =>
        nodeSpec(`m${String(index).padStart(3, '0')}`, { machineType: index % 65 === 64 ? 'rare' : 'box' }),
      );
      await nodes.register(many, 1);
      await nodes.lockMany({ ...request, nodes: ['m064', 'm001'] });
      expect(await names({ machineType: 'rare', limit: 2 })).toEqual(['m064', 'm129']);
      expect(await names({ machineType: 'rare', limit: 1, after: 'm064' })).toEqual(['m129']);
      expect(await names({ state: 'locked', limit: 1 })).toEqual(['m001']);
      expect(await names({ state: 'locked', after: 'm001', limit: 5 })).toEqual(['m064']);
      expect(await names({ state: 'locked', machineType: 'rare', limit: 5 })).toEqual(['m064']);
      expect(await names({ state: 'free', limit: 4 })).toEqual(['a', 'b', 'c', 'm000']);
    });
  });

  describe('a node that a person enters', () => {
    const entered: NodeSpec = nodeSpec('rack', { provider: 'enrolled', port: 2022 });

    test('is as it was entered last, and never takes the place of one that a provider brought', async () => {
      const { nodes } = get();
      expect(await nodes.enroll(entered, 5)).toBe('ok');
      expect(await nodes.enroll({ ...entered, port: 2023 }, 6)).toBe('ok');
      expect(await nodes.get('rack')).toMatchObject({ port: 2023, state: 'free', stateSince: 5 });
      expect(await nodes.enroll({ ...entered, name: 'a' }, 7)).toBe('stale');
      expect(await nodes.get('a')).toMatchObject(nodeSpec('a'));
    });
  });

  describe('the host key of a node', () => {
    const order = { name: 'a', hostKey: 'ssh-ed25519 NEW', by: 'ann@lab', now: 9 };

    test('is changed alone, by whoever has the node, and noted once', async () => {
      const { nodes } = get();
      await nodes.lockMany(request);
      const before = await nodes.get('a');
      expect(await nodes.setHostKey({ ...order, ifHeldBy: 'eve@lab' })).toBeNull();
      const after = { ...before, hostKey: order.hostKey };
      const was = nodeSpec('a').hostKey;
      expect(await nodes.setHostKey({ ...order, ifHeldBy: request.owner })).toEqual({ node: after, was });
      expect(await nodes.setHostKey(order)).toEqual({ node: after, was: order.hostKey });
      expect(await nodes.get('a')).toEqual(after);
      const events = (await nodes.history('a', 9)).map(({ event, by }) => [event, by]);
      expect(events.slice(0, 2)).toEqual([
        ['host key', 'ann@lab'],
        ['locked', request.owner],
      ]);
    });

    test('is not changed of a node that is free of that owner, being cleaned, or unknown', async () => {
      const { nodes } = get();
      expect(await nodes.setHostKey({ ...order, ifHeldBy: 'ann@lab' })).toBeNull();
      await nodes.mark({ name: 'a', state: 'dirty', reason: 'used', by: 'ann@lab', now: 10 });
      await nodes.beginCleaning('a', 11);
      expect(await nodes.setHostKey(order)).toBeNull();
      expect(await nodes.setHostKey({ ...order, name: 'z' })).toBeNull();
      expect((await nodes.get('a'))?.hostKey).toBe(nodeSpec('a').hostKey);
    });

    test('takes nothing back of what others say of the node at the same moment', async () => {
      expect(await breachesOfHostKeys(get())).toEqual([]);
    });
  });
}

/** A racer that stores host keys, and one that has the same nodes made new, with another system: both must stay. */
export async function breachesOfHostKeys(stores: StoresUnderTest): Promise<string[]> {
  const names = ['k0', 'k1', 'k2', 'k3'];
  await stores.nodes.register(
    names.map((name) => nodeSpec(name)),
    1,
  );
  const input = { names, hostKey: 'ssh-ed25519 NEW' };
  await race({ connect: stores.connect, racers: 2, act: 'storeKeyOrClean', input });
  const after = (await stores.nodes.list()).filter(({ name }) => names.includes(name));
  return after
    .filter(({ hostKey, osVersion }) => hostKey !== input.hostKey || osVersion !== '99')
    .map(({ name, hostKey, osVersion }) => `${name} has ${hostKey} and system ${osVersion}`);
}
