import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../../adapters/embedded/database.ts';
import { sqliteHolds } from '../../adapters/embedded/holds.ts';
import { sqlitePauses } from '../../adapters/embedded/pauses.ts';
import { sqliteJobStore } from '../../adapters/embedded/job-store.ts';
import { sqliteNodeStore } from '../../adapters/embedded/node-store.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { dispatch } from '../../core/operations/dispatch.ts';
import { leaseMs } from '../../core/operations/lab-ports.ts';
import { createSweeper } from '../../core/operations/sweep.ts';
import type { AttemptRef } from '../../core/ports/job-store.ts';
import type { LaunchParams, Launcher } from '../../core/ports/launcher.ts';
import { silentLogger } from '../fixtures/silent-logger.ts';
import { rng } from './rng.ts';
import type { RacerData, RacerResult } from './thread-race.ts';

/** One racer: does what a lab, its runners and its people do, as fast as it can, on a connection of its own. */

const data = workerData as RacerData;
const random = rng(`${data.seed}/racer ${data.racer}`);
const database = openDatabase(data.file);
const jobs = sqliteJobStore(database);
const nodes = sqliteNodeStore(database);
const breaches: string[] = [];
const live: LaunchParams[] = [];
const old: AttemptRef[] = [];
const locks: string[] = [];
let time = 1_000_000;
let locksTaken = 0;

const launcher: Launcher = {
  async launch(params) {
    if (random.chance(0.1)) throw new Error('no process could be made');
    live.push(params);
    return runnerOf(params.attempt);
  },
  isAlive: async () => !random.chance(0.02),
  stop: async () => undefined,
};
const ports = {
  jobs,
  nodes,
  holds: sqliteHolds(database),
  pauses: sqlitePauses(database),
  launcher,
  clock: { now: () => time },
  log: silentLogger,
  yaml: pyYaml,
};
const sweeper = createSweeper(ports, { graceMs: 0, awayMs: Infinity });

function runnerOf(attempt: AttemptRef): string {
  return `runner ${data.racer}/${attempt.jobId}.${attempt.fence}`;
}

function must(what: string, truth: boolean): void {
  if (!truth) breaches.push(`L3: racer ${data.racer}: ${what}`);
}

async function startOne(): Promise<void> {
  const launch = random.pick(live);
  await jobs.start(launch.attempt, { runner: runnerOf(launch.attempt), now: time });
  await jobs.renew(launch.attempt, { leaseUntil: time + leaseMs, now: time });
}

async function finishOne(): Promise<void> {
  const [launch] = random.some(live, 1);
  if (launch === undefined) return;
  live.splice(live.indexOf(launch), 1);
  const { attempt } = launch;
  const started = await jobs.start(attempt, { runner: runnerOf(attempt), now: time });
  const outcome = {
    status: random.pick(['pass', 'fail'] as const),
    failureReason: null,
    actor: 'runner',
    durationSeconds: 1,
    nodesClean: random.chance(0.5),
    now: time,
  };
  const done = await jobs.finish(attempt, outcome);
  must(`an attempt that could not start finished (${attempt.jobId})`, started === 'ok' || done === 'stale');
  if (started === 'ok') old.push(attempt);
}

/** Everything that an attempt which is over says must be refused, whatever the others do meanwhile. */
async function speakOutOfTurn(): Promise<void> {
  const attempt = random.pick(old);
  const renewed = await jobs.renew(attempt, { leaseUntil: time, now: time });
  const started = await jobs.start(attempt, { runner: 'somebody else', now: time });
  const undone = await jobs.unclaim(attempt, time);
  must(`attempt ${attempt.jobId}.${attempt.fence} renewed after its end`, renewed.kind === 'stale');
  must(`attempt ${attempt.jobId}.${attempt.fence} started after its end`, started === 'stale');
  must(`attempt ${attempt.jobId}.${attempt.fence} was undone after its end`, undone === 'stale');
}

async function lock(): Promise<void> {
  const free = (await nodes.list({ state: 'free' })).map((node) => node.name);
  const lockId = `lock ${data.racer}.${++locksTaken}`;
  const result = await nodes.lockMany({
    lockId,
    nodes: random.some(free, random.whole(1, 2)),
    owner: 'ann@desk',
    description: null,
    leaseUntil: null,
    now: time,
  });
  if (result.kind === 'locked') locks.push(lockId);
}

async function unlock(): Promise<void> {
  const lockId = locks.splice(0, 1)[0];
  if (lockId === undefined) return;
  const first = await nodes.release(lockId, { clean: random.chance(0.5), now: time });
  const second = await nodes.release(lockId, { clean: true, now: time });
  must(`lock ${lockId} ended ${first} and then ${second}`, first === 'ok' && second === 'stale');
}

async function clean(): Promise<void> {
  for (const { name } of await nodes.list({ state: 'dirty' })) {
    const begun = await nodes.beginCleaning(name, time);
    if (begun === null) continue;
    const wrong = await nodes.cleaned({ name, fence: begun.fence - 1, spec: {}, now: time });
    const right = await nodes.cleaned({ name, fence: begun.fence, spec: {}, now: time });
    must(
      `node ${name} was cleaned ${wrong} by an old fence, ${right} by the last`,
      wrong === 'stale' && right === 'ok',
    );
  }
}

async function killOne(): Promise<void> {
  await jobs.kill({
    run: data.run,
    jobId: random.whole(1, 500),
    actor: 'ann@desk',
    reason: 'unwanted',
    now: time,
  });
}

const acts: (() => Promise<unknown>)[] = [
  () => dispatch(ports, { maxRunners: null }),
  async () => (live.length > 0 ? startOne() : undefined),
  finishOne,
  finishOne,
  finishOne,
  async () => (old.length > 0 ? speakOutOfTurn() : undefined),
  lock,
  unlock,
  unlock,
  clean,
  clean,
  async () => (random.chance(0.1) ? killOne() : undefined),
  async () => (random.chance(0.2) ? sweeper.sweep() : undefined),
];

let operations = 0;
for (; operations < data.operations; operations++) {
  time += random.whole(0, 500);
  await random.pick(acts)();
}
for (const lockId of locks) await nodes.release(lockId, { clean: true, now: time });
database.close();
const result: RacerResult = { operations, breaches };
// The port of a thread has no origins to choose from.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage(result);
