import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../adapters/embedded/database.ts';
import type { Database } from '../../adapters/embedded/database.ts';
import { workerPool } from '../../adapters/embedded/worker-pool.ts';
import { isFinal } from '../../core/results/job-state.ts';
import { nodeSpec } from '../fixtures/lab-records.ts';
import type { Entry } from './history.ts';
import { judge } from './judge.ts';
import { patience } from './judge-waiting.ts';
import { breach, emptyModel } from './model.ts';
import type { Breach, Model } from './model.ts';
import { databaseMutants, mutants } from './mutants.ts';
import type { Mutant } from './mutants.ts';
import { startPeople } from './people.ts';
import { startRevenants } from './revenants.ts';
import { settleDown } from './settle-down.ts';
import { keepLabs } from './sim-lab.ts';
import { simLauncher } from './sim-launcher.ts';
import { simProvider } from './sim-provider.ts';
import { keepWorkers } from './sim-worker.ts';
import { openSnapshots } from './snapshot.ts';
import { startSubmitters } from './submitters.ts';
import type { Accepted } from './submitters.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

export interface WorldParams {
  readonly seed: string;
  readonly operations: number; // after so many calls that may change something, the world calms down
  readonly mutant?: Mutant;
}

/** What became of a world. */
export interface WorldReport {
  readonly seed: string;
  readonly operations: number;
  readonly jobs: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly runners: number;
  readonly virtualMs: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly breaches: readonly Breach[]; // none = the laws held
  readonly entries: readonly Entry[];
  readonly fingerprint: string; // equal = the same history
}

const lookEveryMs = 5000;
const recountEveryMs = 120_000;
const mostCalmMs = 12 * 3_600_000;
const mostMailMs = 3_600_000; // from when all else has come to rest
/** Whose jobs only workers run. */
const workerType = 'bay';
const offer = {
  types: [
    { name: 'box', nodes: 8 },
    { name: 'rack', nodes: 5 },
    { name: 'bay', nodes: 4 },
  ],
};

/** Lives one world through to its end, or to the first breach of a law. The seed alone decides what happens. */
export async function runWorld(params: WorldParams): Promise<WorldReport> {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-chaos-'));
  const own = params.mutant === undefined ? null : openDatabase(join(folder, 'lab.db'));
  const world = createWorld({ folder, seed: params.seed, ...(own && mutationOf(params.mutant, own)) });
  try {
    return await live(world, params);
  } finally {
    world.close();
    own?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function mutationOf(mutant: Mutant | undefined, own: Database): Partial<Parameters<typeof createWorld>[0]> {
  if (mutant === undefined) return {};
  if (mutant in databaseMutants)
    return { databaseMutation: databaseMutants[mutant as keyof typeof databaseMutants] };
  return { mutation: mutants[mutant as keyof typeof mutants](own) };
}

async function live(world: World, params: WorldParams): Promise<WorldReport> {
  const model = emptyModel();
  const watch = watcher(world, model);
  const { accepted, mostRunners } = populate(world);
  model.mostRunners = mostRunners;
  let calmSince: number | null = null;
  let restSince: number | null = null;
  let operations = 0;
  await world.time.run({
    settled() {
      for (const entry of world.history.fresh()) {
        if (entry.kind === 'call') operations += 1;
        judge(model, entry);
      }
      watch.look();
      if (calmSince === null && operations >= params.operations) {
        calmSince = world.time.now();
        settleDown(world, model);
      }
      if (calmSince === null || !isAtRest(model)) restSince = null;
      else restSince ??= world.time.now();
    },
    done: () => {
      if (model.breaches.length > 0) return true;
      if (calmSince === null) return false;
      const now = world.time.now();
      const mailed = accepted.every(({ run }) => model.mails.has(resultsMailOf(run)));
      return now - calmSince > mostCalmMs || (restSince !== null && (mailed || now - restSince > mostMailMs));
    },
  });
  if (model.breaches.length === 0) judgeEnd(world, model, accepted);
  watch.close();
  return reportOf(world, { model, operations });
}

function populate(world: World): { accepted: Accepted[]; mostRunners: number | null } {
  const random = world.rng.fork('inventory');
  const specs = offer.types.flatMap(({ name, nodes }) =>
    Array.from({ length: nodes }, (_, i) => nodeSpec(`${name}${i}`, { machineType: name })),
  );
  const launcher = simLauncher(world);
  const outside = workerPool({ machineTypes: [workerType], others: launcher, onWaiting: () => undefined });
  const labs = random.chance(0.5) ? 1 : 2;
  const maxRunners = random.chance(0.3) ? 6 : null;
  keepLabs(world, { launcher, workerType, provider: simProvider(world, specs), labs, maxRunners });
  keepWorkers(world, { machineType: workerType, machines: 2, turns: 2 });
  startPeople(world, { launcher: outside.launcher, machineTypes: offer.types.map(({ name }) => name) });
  startRevenants(world);
  setClocks(world);
  return { accepted: startSubmitters(world, offer), mostRunners: maxRunners };
}

/** Somebody sets the machine's clock, or it sleeps: forward or back, by seconds or by hours. */
function setClocks(world: World): void {
  const random = world.rng.fork('clock');
  const next = () =>
    world.time.after(random.between(30_000, 500_000), () => {
      if (world.faults.quiet) return;
      const ms = Math.round(random.pick([5000, 45_000, 300_000, 3_600_000]) * random.between(0.5, 1.5));
      const forward = random.chance(0.5);
      world.faults.hit(forward ? 'clock set forward' : 'clock set back', 1);
      world.clock.offsetMs += forward ? ms : -ms;
      world.history.note({ fact: 'clock-jump', ms: forward ? ms : -ms });
      next();
    });
  next();
}

function watcher(world: World, model: Model) {
  const snapshots = openSnapshots(world.file);
  const patient = patience();
  let looked = 0;
  let recounted = 0;
  return {
    look() {
      const at = world.time.now();
      if (model.nodes.size === 0) looked = at; // nothing has been waited for yet
      if (at - looked < lookEveryMs) return;
      const all = at - recounted > recountEveryMs;
      if (all) {
        recounted = at;
        snapshots.compareAll(model, at);
      } else snapshots.compare(model, at);
      patient.look(model, { at, elapsedMs: at - looked, wall: world.clock.now() });
      looked = at;
    },
    close() {
      if (model.breaches.length === 0) snapshots.compareAll(model, world.time.now());
      snapshots.close();
    },
  };
}

/** Whether all jobs have ended and every node is free. */
function isAtRest(model: Model): boolean {
  return (
    [...model.jobs.values()].every((job) => isFinal(job.status)) &&
    [...model.nodes.values()].every((node) => node.state === 'free')
  );
}

function judgeEnd(world: World, model: Model, accepted: readonly Accepted[]): void {
  const at = world.time.now();
  for (const job of model.jobs.values()) {
    if (isFinal(job.status)) continue;
    breach(model, {
      law: 'L4',
      at,
      text: `job ${job.jobId} is ${job.status} hours after all faults were over`,
      job,
    });
  }
  for (const node of model.nodes.values()) {
    if (node.state === 'free') continue;
    breach(model, {
      law: 'L6',
      at,
      text: `node ${node.name} is ${node.state} hours after all faults were over`,
      nodes: [node.name],
    });
  }
  for (const { run, copies } of accepted) {
    const jobs = [...model.jobs.values()].filter((job) => job.run === run).length;
    if (jobs !== copies)
      breach(model, { law: 'L4', at, text: `run ${run} was accepted with ${copies} jobs and has ${jobs}` });
    if (!model.mails.has(resultsMailOf(run)))
      breach(model, { law: 'L4', at, text: `nobody was ever mailed about run ${run}` });
  }
}

function resultsMailOf(run: string): string {
  return `results ${run}`;
}

function reportOf(world: World, { model, operations }: { model: Model; operations: number }): WorldReport {
  const byStatus: Record<string, number> = {};
  for (const { status } of model.jobs.values()) byStatus[status] = (byStatus[status] ?? 0) + 1;
  const { entries } = world.history;
  return {
    seed: world.seed,
    operations,
    jobs: model.jobs.size,
    byStatus,
    runners: world.runners.size,
    virtualMs: Math.round(world.time.now()),
    faults: world.faults.counts,
    breaches: model.breaches,
    entries,
    fingerprint: fingerprint(entries),
  };
}

/** FNV-1a of everything that happened. */
function fingerprint(entries: readonly Entry[]): string {
  let value = 0x811c9dc5;
  for (const entry of entries) {
    const text = JSON.stringify(
      entry.kind === 'call' ? [entry.at, entry.who, entry.method, entry.args] : entry,
    );
    for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return (value >>> 0).toString(16).padStart(8, '0');
}
