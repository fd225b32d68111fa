import type { LockRequest } from '../../core/ports/node-store.ts';

/** What a person asks for who wants two of the three nodes. */
export const request: LockRequest = {
  lockId: 'mine',
  nodes: ['b', 'a'],
  owner: 'alice@desk',
  description: 'looking at a bug',
  leaseUntil: 100,
  now: 10,
};
