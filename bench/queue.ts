import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../adapters/embedded/database.ts';
import { sqliteJobStore } from '../adapters/embedded/job-store.ts';
import { sqliteNodeStore } from '../adapters/embedded/node-store.ts';
import { queuePage } from '../core/operations/queue-page.ts';
import { queueWindow } from '../core/operations/queue-window.ts';
import { plan } from '../core/scheduling/plan.ts';
import type { NewJob } from '../core/ports/job-store.ts';
import { newJob, nodeSpec } from '../test/fixtures/lab-records.ts';

/** What the queue costs on SQLite: `node bench/queue.ts [JOBS]`. Jobs have a configuration of 4 KiB and want one to four nodes. */

const jobCount = Number(process.argv[2] ?? 15_000);
const batchSize = 500;
const attempts = 2000;
const nodeNames = Array.from({ length: 100 }, (_, i) => `node-${String(i).padStart(3, '0')}`);
const config = `description: ${'x'.repeat(4070)}\n`;

const folder = mkdtempSync(join(tmpdir(), 'loligo-bench-'));
try {
  await measure(join(folder, 'lab.sqlite'));
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(file: string): Promise<void> {
  const database = openDatabase(file);
  const jobs = sqliteJobStore(database);
  const nodes = sqliteNodeStore(database);
  await nodes.register(
    nodeNames.map((name) => nodeSpec(name)),
    1,
  );
  await jobs.createRun({
    name: 'bench',
    suite: 'bench',
    owner: 'bench@here',
    machineType: 'box',
    seed: 1,
    subset: null,
    noNestedSubset: false,
    sha1: null,
    now: 1,
  });

  await timed('enqueue, a job', jobCount, async () => {
    for (let first = 0; first < jobCount; first += batchSize) {
      const batch = Array.from({ length: Math.min(batchSize, jobCount - first) }, (_, i) => job(first + i));
      await jobs.enqueue({ run: 'bench', jobs: batch, now: 2 });
    }
  });
  const head = await timed('queue head of 500 jobs', 1, () => jobs.queueHead('box', 500));
  const inventory = await timed('inventory of 100 nodes', 1, () => nodes.list());
  await timed('plan of 500 jobs on 100 nodes', 1, async () =>
    plan({ now: 3, jobs: head, nodes: inventory, running: [], slots: null }),
  );
  const window = { size: 500, perOwner: null };
  await timed('what a pass reads: 500 jobs', 1, () => queueWindow(jobs, { ...window, nodes: inventory }));
  await timed('the same, an owner to have 100', 1, () =>
    queueWindow(jobs, { ...window, nodes: inventory, perOwner: 100 }),
  );
  await timed('the same, none can be served', 1, () => queueWindow(jobs, { ...window, nodes: [] }));
  const middle = { priority: 1000, jobId: Math.trunc(jobCount / 2) };
  await timed('page of 100 jobs in the middle', 1, () =>
    queuePage(jobs, { machineType: null, limit: 100, after: middle }),
  );
  await timed('one job, as --why reads it', 1, () => jobs.getJob('bench', middle.jobId));
  await attemptsOneByOne(jobs, Math.min(attempts, jobCount));
  await locksOfFour(nodes);
  database.close();
  console.log(`database: ${(statSync(file).size / 2 ** 20).toFixed(1)} MiB`);
}

async function attemptsOneByOne(jobs: ReturnType<typeof sqliteJobStore>, count: number): Promise<void> {
  const spent = { claim: 0, start: 0, renew: 0, finish: 0 };
  const outcome = {
    status: 'pass',
    failureReason: null,
    actor: 'runner',
    durationSeconds: 1,
    nodesClean: true,
    now: 7,
  } as const;
  const spend = async <T>(step: keyof typeof spent, act: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    const result = await act();
    spent[step] += performance.now() - begun;
    return result;
  };
  for (let i = 0; i < count; i++) {
    const [next] = await jobs.queueHead('box', 1);
    if (next === undefined) throw new Error('the queue is empty');
    const names = nodeNames.slice(0, next.nodeCount);
    const params = { run: 'bench', jobId: next.jobId, nodes: names, leaseUntil: 60_000, now: 4 };
    const claim = await spend('claim', () => jobs.claim(params));
    if (claim.kind === 'refused') throw new Error(claim.reason);
    await spend('start', () => jobs.start(claim.attempt, { runner: 'bench', now: 5 }));
    await spend('renew', () => jobs.renew(claim.attempt, { leaseUntil: 90_000, now: 6 }));
    await spend('finish', () => jobs.finish(claim.attempt, outcome));
  }
  for (const [step, ms] of Object.entries(spent)) print(`${step}, 1 to 4 nodes`, ms / count);
}

/** Locks of people on four nodes each, all or none, with the whole inventory locked in turn and given back clean. */
async function locksOfFour(nodes: ReturnType<typeof sqliteNodeStore>): Promise<void> {
  const lockCount = 2000;
  const perRound = Math.trunc(nodeNames.length / 4);
  let locking = 0;
  for (let first = 0; first < lockCount; first += perRound) {
    const begun = performance.now();
    for (let i = 0; i < perRound; i++) {
      const lock = await nodes.lockMany({
        lockId: `bench:${first + i}`,
        nodes: nodeNames.slice(4 * i, 4 * i + 4),
        owner: 'bench@here',
        description: null,
        leaseUntil: null,
        now: 8,
      });
      if (lock.kind === 'refused') throw new Error(lock.reason);
    }
    locking += performance.now() - begun;
    for (let i = 0; i < perRound; i++) await nodes.release(`bench:${first + i}`, { clean: true, now: 9 });
  }
  print('lock of 4 nodes, all or none', locking / lockCount);
  console.log(`locks of 4 nodes a second ${String(Math.round((1000 * lockCount) / locking)).padStart(17)}`);
}

async function timed<T>(what: string, times: number, act: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await act();
  print(what, (performance.now() - begun) / times);
  return result;
}

function print(what: string, ms: number): void {
  console.log(`${what.padEnd(32)} ${ms.toFixed(3).padStart(9)} ms`);
}

function job(index: number): NewJob {
  const description = `bench/{${index}}`;
  return newJob(`${index}.0`, {
    description,
    nodeCount: 1 + (index % 4),
    priority: 1000 - (index % 3),
    config,
  });
}
