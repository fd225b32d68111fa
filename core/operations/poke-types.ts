import { machineTypes } from '../locks/match.ts';
import type { LabPorts } from './lab-ports.ts';

/** Wakes the dispatchers of a list of machine types. A wake-up that fails is only late: the dispatcher looks by itself too. */
export async function pokeTypes(ports: Pick<LabPorts, 'wakeups'>, list: string): Promise<void> {
  await Promise.allSettled(machineTypes(list).map((type) => ports.wakeups.poke(type)));
}
