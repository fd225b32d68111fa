import type { Grant } from './race-acts.ts';
import type { ClaimResult } from '../../core/ports/job-store.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import { race } from './race.ts';
import type { StoresUnderTest } from './race.ts';

/**
 * The laws of locking, tried under contention. Each returns the breaches it saw, in words, so that it can be shown to see some
 * in a store that is broken on purpose.
 */

/** L1, L2, L4: racing dispatchers work through one queue; every job runs once and no node has two holders. */
export async function breachesOfDraining(stores: StoresUnderTest): Promise<string[]> {
  const jobCount = 60;
  const names = ['a', 'b', 'c', 'd', 'e'];
  await stores.nodes.register(
    names.map((name) => nodeSpec(name)),
    1,
  );
  await stores.jobs.createRun(newRun('drained'));
  const jobs = Array.from({ length: jobCount }, (_, i) => newJob(`job ${i}`, { nodeCount: 1 + (i % 3) }));
  await stores.jobs.enqueue({ run: 'drained', jobs, now: 2 });
  const grants = (
    await race<Grant[]>({
      connect: stores.connect,
      racers: 4,
      act: 'drain',
      input: { run: 'drained', type: 'box' },
    })
  ).flat();

  const breaches = doubleGrants(grants);
  const owners = grants.map((grant) => grant.owner);
  if (new Set(owners).size !== owners.length) breaches.push('a job was granted twice');
  if (owners.length !== jobCount) breaches.push(`${owners.length} of ${jobCount} jobs were granted`);
  const counts = (await stores.jobs.getRun('drained'))?.counts;
  if (counts?.pass !== jobCount) breaches.push(`the run counts ${JSON.stringify(counts)}`);
  for (const name of names) breaches.push(...(await brokenTurns(stores, name)));
  return breaches;
}

/** L1: many jobs want the same two nodes at one moment; exactly one gets both. */
export async function breachesOfClaiming(stores: StoresUnderTest): Promise<string[]> {
  const racers = 6;
  await stores.nodes.register(
    ['x', 'y'].map((name) => nodeSpec(name)),
    1,
  );
  await stores.jobs.createRun(newRun('claimed'));
  const jobs = Array.from({ length: racers }, (_, i) => newJob(`job ${i}`, { nodeCount: 2 }));
  const jobIds = await stores.jobs.enqueue({ run: 'claimed', jobs, now: 2 });
  const results = await race<ClaimResult>({
    connect: stores.connect,
    racers,
    act: 'claimNodes',
    input: { run: 'claimed', jobIds, nodes: ['x', 'y'] },
  });
  const winners = results.filter((result) => result.kind === 'claimed');
  const breaches = winners.length === 1 ? [] : [`${winners.length} of ${racers} jobs got the same nodes`];
  const waiting = (await stores.jobs.getRun('claimed'))?.counts.waiting;
  if (waiting !== 1) breaches.push(`the run counts ${waiting} waiting jobs`);
  return breaches;
}

/** A fence names one grant of a node only. */
function doubleGrants(grants: readonly Grant[]): string[] {
  const seen = new Set<string>();
  const breaches: string[] = [];
  for (const grant of grants) {
    for (const node of grant.nodes) {
      const key = `${node} with fence ${grant.fence}`;
      if (seen.has(key)) breaches.push(`${key} was granted twice`);
      seen.add(key);
    }
  }
  return breaches;
}

/** Between two grants of a node there is a release. */
async function brokenTurns({ nodes }: StoresUnderTest, name: string): Promise<string[]> {
  const events = (await nodes.history(name, 10_000)).toReversed().map((event) => event.event);
  const turns = events.filter((event) => event === 'locked' || event === 'released');
  const broken = turns.findIndex((event, index) => event !== (index % 2 === 0 ? 'locked' : 'released'));
  return broken === -1 ? [] : [`node ${name}: event ${broken} is '${turns[broken]}' again`];
}
