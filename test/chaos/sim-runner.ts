import { shortname } from '../../core/config/targets.ts';
import type { AttemptResult } from '../../runner/attempt/run-attempt.ts';
import { runAttempt } from '../../runner/attempt/run-attempt.ts';
import { JobStoppedError } from '../../runner/engine/stop.ts';
import { leaseMs } from '../../core/operations/lab-ports.ts';
import type { LaunchParams } from '../../core/ports/launcher.ts';
import type { JobRecord } from '../../core/ports/job-store.ts';
import type { RunnerStores } from '../../adapters/http/job-store.ts';
import type { Node } from '../../core/locks/node.ts';
import { silentLogger } from '../fixtures/silent-logger.ts';
import { isWorkers } from './model.ts';
import { simProcess } from './sim-process.ts';
import type { SimProcess } from './sim-process.ts';
import type { RunnerEntry, World } from './world.ts';

/** How a runner sees its lab, and how the lab names it. */
export interface RunnerPlace {
  readonly name: (pid: string) => string;
  readonly stores: (process: SimProcess) => RunnerStores;
}

/** Starts a runner: the real attempt with its real lease, on a job that only says what it does to its nodes. */
export function spawnRunner(world: World, launch: LaunchParams, place: RunnerPlace): SimProcess {
  const pid = `runner ${world.runners.size + 1}`;
  const process = simProcess(place.name(pid), world.time);
  const runner: RunnerEntry = {
    process,
    pid,
    stores: place.stores(process),
    attempt: launch.attempt,
    asked: new AbortController(),
    unreachable: world.faults.hit('a runner cannot be asked about', 0.01),
  };
  world.runners.set(process.name, runner);
  const { jobId, fence } = launch.attempt;
  process.onExit(() => {
    world.history.note({ fact: 'runner-gone', runner: process.name, jobId, fence });
    runner.unreachable = false;
    if (world.faults.hit('notice of an exit lost', 0.2)) return;
    world.time.after(50, () => world.listeners.exit.forEach((listener) => listener()));
  });
  if (runner.unreachable) world.time.after(300_000, () => void (runner.unreachable = false));
  decideFate(world, runner);
  void run(world, runner, launch)
    .catch(() => undefined)
    .then(() => process.kill());
  return process;
}

/** Some are killed and some stand still for a while, at any point of their lives. */
function decideFate(world: World, { process, attempt }: RunnerEntry): void {
  const { time, history, faults } = world;
  const random = world.rng.fork(process.name);
  const { jobId, fence } = attempt;
  if (random.chance(0.1))
    time.after(random.between(0, 60_000), () => {
      if (process.alive && faults.hit('runner killed', 1)) process.kill();
    });
  if (!random.chance(0.12)) return;
  const standsStillMs = random.pick([5000, 30_000, 70_000, 200_000, 600_000]);
  time.after(random.between(0, 60_000), () => {
    if (!process.alive || !faults.hit('runner paused', 1)) return;
    process.pause();
    history.note({ fact: 'silent', runner: process.name, jobId, fence });
    time.after(standsStillMs, () => wake(world, process.name));
  });
}

/** Lets a runner that stands still go on, if it is still there. */
export function wake(world: World, name: string): void {
  const runner = world.runners.get(name);
  if (!runner?.process.alive || !runner.process.paused) return;
  const { jobId, fence } = runner.attempt;
  world.history.note({ fact: 'speaks', runner: name, jobId, fence });
  runner.process.resume();
}

async function run(world: World, runner: RunnerEntry, launch: LaunchParams): Promise<void> {
  const { process, asked } = runner;
  const { jobs, evidence, holds } = runner.stores;
  const random = world.rng.fork(`job of ${process.name}`);
  await process.sleep(random.between(50, 3000));
  const skewMs = Math.round(random.between(-1500, 1500));
  await runAttempt({
    attempt: launch.attempt,
    nodes: launch.nodes,
    jobs,
    evidence,
    holds,
    runner: runner.pid,
    clock: { now: () => world.clock.now() + skewMs },
    log: silentLogger,
    asked: asked.signal,
    leaseMs,
    renewEveryMs: 15_000,
    holdMs: 3_600_000,
    sleep: (ms, signal) => process.sleep(ms, signal),
    execute: (params) => execute(world, runner, { ...params, nodes: launch.nodes }),
  });
}

/** What a job would do: act on its nodes from time to time until it is over or told to stop, then tidy up or not. */
async function execute(
  world: World,
  { process, attempt }: RunnerEntry,
  { record, signal, nodes }: { record: JobRecord; signal: AbortSignal; nodes: readonly Node[] },
): Promise<AttemptResult> {
  const random = world.rng.fork(`deeds of ${process.name}`);
  const { jobId, fence } = attempt;
  const act = (leavesDirt: boolean) =>
    world.history.note({
      fact: 'effect',
      jobId,
      fence,
      runner: process.name,
      nodes: record.nodes,
      leavesDirt,
    });
  // Whoever stood still far away cannot be killed, and meets hosts that have become others.
  const stranger = () =>
    isWorkers(process.name)
      ? nodes.find(({ name, hostKey }) => (world.hostKeys.get(name) ?? hostKey) !== hostKey)
      : undefined;
  const begun = world.time.now();
  const overMs = random.chance(0.03) ? Infinity : random.between(1000, 60_000);
  const passed = () => world.time.now() - begun;
  while (!signal.aborted && passed() < Math.min(overMs, record.maxSeconds * 1000)) {
    if (stranger() !== undefined) break;
    act(true);
    await process.sleep(random.between(1000, 12_000), signal);
  }
  const reason: unknown = signal.reason;
  const dead = (failureReason: string): AttemptResult => ({
    status: 'dead',
    failureReason,
    nodesClean: false,
    hosts: [],
    began: true,
    durationSeconds: passed() / 1000,
    config: null,
  });
  if (reason instanceof JobStoppedError && reason.kind === 'lease-lost') return dead(reason.message);
  const unknown = stranger();
  if (unknown !== undefined) {
    const finding = { kind: 'failure', reason: 'host key verification failed' } as const;
    return { ...dead(finding.reason), hosts: [{ host: shortname(unknown.name), ...finding }] };
  }
  if (signal.aborted) {
    act(true);
    if (random.chance(0.1)) await process.sleep(200_000);
    return dead(reason instanceof Error ? reason.message : 'killed');
  }
  if (passed() < overMs) return dead('hit max job timeout');
  const lost = random.chance(0.1) ? record.nodes[0] : undefined;
  if (lost !== undefined) {
    const kind = random.chance(0.2) ? 'certain' : 'failure';
    return { ...dead(`lost ${lost}`), hosts: [{ host: shortname(lost), kind, reason: 'no answer' }] };
  }
  const nodesClean = random.chance(0.4);
  act(!nodesClean);
  const passes = random.chance(0.7);
  return {
    status: passes ? 'pass' : 'fail',
    failureReason: passes ? null : 'it failed',
    nodesClean,
    hosts: record.nodes.map((node) => ({ host: shortname(node), kind: 'works' })),
    began: true,
    durationSeconds: passed() / 1000,
    config: new Map(random.chance(0.1) ? [['unlock_on_failure', false]] : []),
  };
}
