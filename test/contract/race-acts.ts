import type { AttemptRef, ClaimResult, Transition } from '../../core/ports/job-store.ts';
import type { LockResult } from '../../core/ports/node-store.ts';
import { newJob, nodeSpec } from '../fixtures/lab-records.ts';
import type { StoreClient } from './race.ts';

/** What racers do. Each returns plain data that the test judges. */

interface Turn<Input> {
  readonly input: Input;
  readonly racer: number;
}

export interface Grant {
  readonly owner: string; // which job or lock
  readonly fence: number;
  readonly nodes: readonly string[];
}

const later = 1_000_000;

/** Works through the queue as dispatcher and runner in one, until nothing is left that could be claimed. */
async function drain(
  { jobs, nodes }: StoreClient,
  { input }: Turn<{ run: string; type: string }>,
): Promise<Grant[]> {
  const grants: Grant[] = [];
  for (;;) {
    const [job] = await jobs.queueHead(input.type, 1);
    if (job === undefined) return grants;
    const free = (await nodes.list({ state: 'free' })).slice(0, job.nodeCount).map((node) => node.name);
    const claim = await jobs.claim({
      run: job.run,
      jobId: job.jobId,
      nodes: free,
      leaseUntil: later,
      now: 10,
    });
    if (claim.kind === 'refused') continue;
    grants.push({ owner: `job ${job.jobId}`, fence: claim.attempt.fence, nodes: free });
    await jobs.start(claim.attempt, { runner: 'racer', now: 11 });
    await jobs.finish(claim.attempt, {
      status: 'pass',
      failureReason: null,
      actor: 'runner',
      durationSeconds: 1,
      nodesClean: true,
      now: 12,
    });
  }
}

/** Everybody wants the same nodes for a job of their own. */
async function claimNodes(
  { jobs }: StoreClient,
  { input, racer }: Turn<{ run: string; jobIds: number[]; nodes: string[] }>,
): Promise<ClaimResult> {
  const jobId = input.jobIds[racer % input.jobIds.length] ?? 0;
  return jobs.claim({ run: input.run, jobId, nodes: input.nodes, leaseUntil: later, now: 10 });
}

async function start({ jobs }: StoreClient, { input, racer }: Turn<AttemptRef>): Promise<Transition> {
  return jobs.start(input, { runner: `runner ${racer}`, now: 20 });
}

/** Everybody declares the attempt over, each in a different way. */
async function finish({ jobs }: StoreClient, { input, racer }: Turn<AttemptRef>): Promise<Transition> {
  const status = (['pass', 'fail', 'dead'] as const)[racer % 3] ?? 'dead';
  return jobs.finish(input, {
    status,
    failureReason: status === 'pass' ? null : 'because',
    actor: `racer ${racer}`,
    durationSeconds: null,
    nodesClean: false,
    now: 30,
  });
}

async function enqueueSame(
  { jobs }: StoreClient,
  { input }: Turn<{ run: string; keys: string[] }>,
): Promise<number[]> {
  return jobs.enqueue({ run: input.run, jobs: input.keys.map((key) => newJob(key)), now: 5 });
}

/** One half kills what the other half claims. */
async function killOrClaim(
  { jobs }: StoreClient,
  { input, racer }: Turn<{ run: string; jobIds: number[]; nodes: string[] }>,
): Promise<string[]> {
  const done: string[] = [];
  for (const [index, jobId] of input.jobIds.entries()) {
    if (racer % 2 === 0) {
      const touched = await jobs.kill({
        run: input.run,
        jobId,
        actor: 'somebody',
        reason: 'no more',
        now: 40,
      });
      done.push(...touched.map((id) => `killed ${id}`));
    } else {
      const nodes = [input.nodes[index] ?? ''];
      const claim = await jobs.claim({ run: input.run, jobId, nodes, leaseUntil: later, now: 40 });
      if (claim.kind === 'claimed') done.push(`claimed ${jobId}`);
    }
  }
  return done;
}

/** Takes and gives back all the nodes many times, naming them in a different order each. */
async function lockAndRelease(
  { nodes }: StoreClient,
  { input, racer }: Turn<{ nodes: string[]; rounds: number }>,
): Promise<Grant[]> {
  const grants: Grant[] = [];
  for (let round = 0; round < input.rounds; round++) {
    const shift = (racer + round) % input.nodes.length;
    const names = [...input.nodes.slice(shift), ...input.nodes.slice(0, shift)];
    const lockId = `lock ${racer}.${round}`;
    const owner = `person ${racer}`;
    const lock: LockResult = await nodes.lockMany({
      lockId,
      nodes: names,
      owner,
      description: null,
      leaseUntil: null,
      now: 50,
    });
    if (lock.kind === 'refused') continue;
    const held = lock.nodes.filter((node) => node.lock?.id === lockId).map((node) => node.name);
    grants.push({ owner: lockId, fence: lock.nodes[0]?.fence ?? -1, nodes: held });
    await nodes.release(lockId, { clean: true, now: 51 });
  }
  return grants;
}

async function clean({ nodes }: StoreClient, { input }: Turn<{ name: string }>): Promise<number | null> {
  return (await nodes.beginCleaning(input.name, 60))?.fence ?? null;
}

/** One half ends attempts and has their nodes made new, the other one says of each node that it has moved. */
async function moveOrEnd(
  { jobs, nodes }: StoreClient,
  { input, racer }: Turn<{ attempts: AttemptRef[]; nodes: string[] }>,
): Promise<string[]> {
  const moved: string[] = [];
  for (const [index, attempt] of input.attempts.entries()) {
    const name = input.nodes[index] ?? '';
    if (racer % 2 === 1) {
      moved.push(await nodes.moved(attempt, { spec: nodeSpec(name, { port: 9 }), now: 70 }));
      continue;
    }
    await finish({ jobs, nodes, close: () => undefined }, { input: attempt, racer });
    const begun = await nodes.beginCleaning(name, 71);
    if (begun !== null) await nodes.cleaned({ name, fence: begun.fence, spec: { port: 2222 }, now: 72 });
  }
  return moved;
}

/** One stores host keys, as soon as it may; the other has the nodes cleaned, after which they have another system. */
async function storeKeyOrClean(
  { nodes }: StoreClient,
  { input, racer }: Turn<{ names: string[]; hostKey: string }>,
): Promise<void> {
  const storeKey = async (name: string) => {
    const order = { name, hostKey: input.hostKey, by: 'ann@lab', now: 80 };
    while ((await nodes.setHostKey(order)) === null) await nodes.get(name);
  };
  if (racer === 0) await Promise.all(input.names.map(storeKey));
  for (const name of racer === 0 ? [] : input.names) {
    await nodes.mark({ name, state: 'dirty', reason: 'used', by: 'bob@lab', now: 81 });
    const begun = await nodes.beginCleaning(name, 82);
    await nodes.cleaned({ name, fence: begun?.fence ?? 0, spec: { osVersion: '99' }, now: 83 });
  }
}

export const acts = {
  drain,
  claimNodes,
  start,
  finish,
  enqueueSame,
  killOrClaim,
  lockAndRelease,
  clean,
  moveOrEnd,
  storeKeyOrClean,
} as const satisfies Record<string, (client: StoreClient, turn: Turn<never>) => Promise<unknown>>;

export type Acts = typeof acts;
