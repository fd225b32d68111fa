import type { NodeSpec } from '../../core/locks/node.ts';
import { StaleFenceError } from '../../core/ports/provider.ts';
import type { Provider } from '../../core/ports/provider.ts';
import { SimulatedFault } from './faults.ts';
import type { World } from './world.ts';

/** A provider that outlives the lab: what it has begun it ends, one order on a node at a time, and it knows old fences. */
export function simProvider(world: World, specs: readonly NodeSpec[]): Provider {
  const random = world.rng.fork('provider');
  const seen = new Map<string, number>();
  const turns = new Map<string, Promise<unknown>>();
  const clean = async (name: string, fence: number): Promise<Partial<NodeSpec>> => {
    const last = seen.get(name) ?? 0;
    if (fence < last) throw new StaleFenceError(name, fence, last);
    seen.set(name, fence);
    const hangs = world.faults.hit('a cleaning hangs', 0.01);
    await world.time.sleep(hangs ? random.between(700_000, 1_500_000) : random.between(500, 12_000));
    if (world.faults.hit('a cleaning fails', 0.03)) throw new SimulatedFault(`${name} did not come back`);
    world.history.note({ fact: 'cleaned', node: name, fence });
    const hostKey = `ssh-ed25519 ${name}.${fence}`;
    world.hostKeys.set(name, hostKey);
    return { hostKey };
  };
  return {
    name: 'shelf',
    capabilities: { privileged: true, clean: true, snapshot: false, power: false, console: false },
    start: async () =>
      specs.map((spec) => ({ ...spec, hostKey: world.hostKeys.get(spec.name) ?? spec.hostKey })),
    clean({ name }, fence) {
      const before = turns.get(name) ?? Promise.resolve();
      const turn = before.then(() => clean(name, fence));
      turns.set(
        name,
        turn.catch(() => undefined),
      );
      return turn;
    },
    destroy: async () => {},
  };
}
