import type { JobWish } from './match.ts';

/** A text that is the same for two jobs when they ask for exactly the same, and only then. */
export function wishKey({ machineType, nodeCount, osType, osVersion, arch, roleWishes }: JobWish): string {
  return JSON.stringify([machineType, nodeCount, osType, osVersion, arch, roleWishes]);
}
