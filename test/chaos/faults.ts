import type { Around } from './around.ts';
import { isChanging } from './history.ts';
import type { Rng } from './rng.ts';
import type { SimProcess } from './sim-process.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What the world did to whoever called: the network, a store or a machine gave up. */
export class SimulatedFault extends Error {
  override readonly name = 'SimulatedFault';
}

/** Draws and counts what goes wrong. */
export interface Faults {
  /** Nothing goes wrong any more. */
  quiet: boolean;
  readonly counts: ReadonlyMap<string, number>;
  /** Whether it happens now; so often. */
  hit(kind: string, probability: number): boolean;
}

/** Faults that draw from `rng`; a fault that is not counted did not happen. */
export function faults(rng: Rng): Faults {
  const counts = new Map<string, number>();
  const state: Faults = {
    quiet: false,
    counts,
    hit(kind, probability) {
      if (state.quiet || !rng.chance(probability)) return false;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return true;
    },
  };
  return state;
}

/**
 * A line between a process and a port, on which calls and replies are lost, late, or arrive twice, and at both ends of
 * which the process may die. What is on its way when the process dies still arrives.
 */
export function unreliable(params: {
  process: SimProcess;
  mortal: boolean; // false = somebody who is always there, such as a person
  prefix: string; // of the method names
  faults: Faults;
  rng: Rng;
  time: VirtualTime;
}): Around {
  const { process, faults, rng, time } = params;
  return async ({ method, make }) => {
    await process.turn();
    const name = `${params.prefix}.${method}`;
    const changing = isChanging(name) || params.prefix === 'launcher' || params.prefix === 'http';
    const rare = changing ? 1 : 0.05;
    const dies = (when: string) => {
      if (params.mortal && faults.hit(`${kindOf(process)} dies ${when} a call`, 0.003 * rare)) process.kill();
    };
    dies('before');
    await process.turn();
    if (faults.hit('call delayed', 0.02 * rare)) await time.sleep(rng.between(5, 4000));
    if (faults.hit('call fails', 0.01 * rare)) throw new SimulatedFault(`${name} did not arrive`);
    let answer = await make();
    // The port of `createRun` says that a second copy is answered otherwise; its callers know no copies.
    if (changing && name !== 'jobs.createRun' && params.prefix !== 'launcher') {
      if (faults.hit('call repeated', 0.01)) answer = await make();
      if (faults.hit('late copy of a call', 0.01))
        time.after(rng.between(100, 20_000), () => void make().catch(() => undefined));
    }
    dies('after');
    if (faults.hit('reply lost', 0.01 * rare)) throw new SimulatedFault(`the reply to ${name} was lost`);
    if (faults.hit('reply delayed', 0.02 * rare)) await time.sleep(rng.between(5, 4000));
    await process.turn();
    return answer;
  };
}

function kindOf(process: SimProcess): string {
  return process.name.split(' ')[0] ?? process.name;
}
