import type { NodeSpec } from '../../core/locks/node.ts';
import type { LockRequest, LockResult, NodeStore } from '../../core/ports/node-store.ts';
import type { Transition } from '../../core/ports/job-store.ts';
import type { StoreCall } from './history.ts';
import { breach, endGrant, grantNodes } from './model.ts';
import type { Model } from './model.ts';

/** Judges the answers about nodes, people's locks and cleaning. */

/** A node that comes back goes on from its last fence, which the next grant will show. */
export function judgeRegister(model: Model, call: StoreCall): void {
  const [specs] = call.args as [NodeSpec[]];
  for (const { name, machineType, osType } of specs) {
    const known = model.nodes.get(name);
    if (known?.present) continue;
    const fresh = { name, grant: null, fence: 0, dirt: null };
    model.nodes.set(name, { ...fresh, ...known, machineType, osType, present: true, state: 'free' });
  }
}

/** A node that somebody holds stays (L1). */
export function judgeRemove(model: Model, call: StoreCall, answer: unknown): void {
  const [name] = call.args as [string];
  const node = model.nodes.get(name);
  if ((answer as Transition) === 'stale' || node === undefined) return;
  if (node.grant !== null) {
    const text = `node ${name} left the inventory while ${node.grant.lockId} holds it`;
    breach(model, { law: 'L1', at: call.at, text, nodes: [name] });
  }
  node.present = false;
}

/** A person gets all the nodes named or none, and a lock id is given once (L1, L2, L3, L8). */
export function judgeLockMany(model: Model, call: StoreCall, answer: unknown): void {
  const result = answer as LockResult;
  const [{ lockId, nodes, leaseUntil }] = call.args as [LockRequest];
  if (result.kind === 'refused') return;
  const given = result.nodes.map((node) => node.name);
  const known = model.locks.get(lockId);
  if (given.join() !== nodes.join()) {
    const text = `lock ${lockId} asked for ${nodes.join()} and got ${given.join()}`;
    breach(model, { law: 'L2', at: call.at, text, nodes });
  }
  if (known?.live) return;
  if (known !== undefined)
    breach(model, { law: 'L1', at: call.at, text: `lock ${lockId} was over and was given again`, nodes });
  model.locks.set(lockId, { nodes: given, live: true, endless: leaseUntil === null });
  const granted = result.nodes.map(({ name, lock }) => ({ name, fence: lock?.fence ?? -1 }));
  grantNodes(model, { lockId, jobId: null, nodes: granted, at: call.at });
}

/** Only a live lock of a person is renewed (L3). */
export function judgeLockRenew(model: Model, call: StoreCall, answer: unknown): void {
  judgeHolder(model, call, { answer, excused: false });
}

/** Only a live lock of a person is released (L3). */
export function judgeRelease(model: Model, call: StoreCall, answer: unknown): void {
  const [lockId, { clean, ifLeaseEndedBefore, nodes }] = call.args as Parameters<NodeStore['release']>;
  const lock = model.locks.get(lockId);
  judgeHolder(model, call, { answer, excused: ifLeaseEndedBefore !== undefined || nodes !== undefined });
  if ((answer as Transition) === 'stale' || lock === undefined) return;
  lock.nodes = lock.nodes.filter((name) => nodes?.includes(name) === false);
  lock.live = lock.nodes.length > 0;
  endGrant(model, { lockId, state: clean ? 'free' : 'dirty', nodes });
}

function judgeHolder(model: Model, call: StoreCall, params: { answer: unknown; excused: boolean }): void {
  const [lockId] = call.args as [string];
  const lock = model.locks.get(lockId);
  const ok = (params.answer as Transition) === 'ok';
  if (ok === (lock?.live ?? false) || (!ok && params.excused)) return;
  const text = ok
    ? `${call.method} of lock ${lockId} by ${call.who} succeeded, though it is over or no person's`
    : `${call.method} of lock ${lockId} was refused to its holder ${call.who}`;
  breach(model, { law: 'L3', at: call.at, text, nodes: lock?.nodes ?? [] });
}

/** A node is cleaned while it is dirty and nobody holds it, under a new fence (L1, L3, L8). */
export function judgeBeginCleaning(model: Model, call: StoreCall, answer: unknown): void {
  const [name] = call.args as [string];
  const begun = answer as Awaited<ReturnType<NodeStore['beginCleaning']>>;
  const node = model.nodes.get(name);
  if (begun === null || node === undefined) return;
  const found = (law: string, text: string) => breach(model, { law, at: call.at, text, nodes: [name] });
  if (node.grant !== null) found('L1', `node ${name} is cleaned while ${node.grant.lockId} holds it`);
  if (node.state !== 'dirty') found('L8', `the cleaning of node ${name} began while it was ${node.state}`);
  if (begun.fence <= node.fence)
    found('L3', `node ${name} is cleaned with fence ${begun.fence}, after ${node.fence}`);
  node.fence = Math.max(node.fence, begun.fence);
  node.state = 'cleaning';
}

/** Only the latest cleaner frees a node, and only one that its provider has made as new (L3, L8). */
export function judgeCleaned(model: Model, call: StoreCall, answer: unknown): void {
  const [{ name, fence }] = call.args as Parameters<NodeStore['cleaned']>;
  const node = model.nodes.get(name);
  if (node === undefined) return;
  const rightful = node.state === 'cleaning' && node.fence === fence;
  const found = (law: string, text: string) => breach(model, { law, at: call.at, text, nodes: [name] });
  if ((answer as Transition) === 'stale') {
    if (rightful) found('L3', `the cleaner of node ${name} was refused with the latest fence ${fence}`);
    return;
  }
  if (!rightful)
    found(
      'L3',
      `a cleaner with fence ${fence} freed node ${name}, which is ${node.state} with ${node.fence}`,
    );
  if (node.dirt !== null) found('L8', `node ${name} was called clean as ${node.dirt} left it`);
  node.state = 'free';
}

/** A node that somebody holds is not marked, nor is any by an old fence (L1, L3). */
export function judgeMark(model: Model, call: StoreCall, answer: unknown): void {
  const [{ name, fence, state }] = call.args as Parameters<NodeStore['mark']>;
  const node = model.nodes.get(name);
  if ((answer as Transition) === 'stale' || node === undefined) return;
  const found = (law: string, text: string) => breach(model, { law, at: call.at, text, nodes: [name] });
  if (node.grant !== null) found('L1', `node ${name} became ${state} while ${node.grant.lockId} holds it`);
  if (fence !== undefined && fence !== node.fence)
    found('L3', `node ${name} became ${state} by the old fence ${fence}; it has ${node.fence}`);
  node.state = state;
}
