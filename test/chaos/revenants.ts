import { isFinal } from '../../core/results/job-state.ts';
import { isWorkers } from './model.ts';
import { storesThroughDoor } from './sim-door.ts';
import { simProcess } from './sim-process.ts';
import type { RunnerEntry, World } from './world.ts';

/**
 * Runners that were long gone and come back, as machines do that were stopped or restored from an image: each says once more
 * what it wanted to say when its time was over, with the fence that it had. All of it must be refused. With them come dispatchers that
 * were in the middle of giving up the launch of a runner, which has started meanwhile.
 */
export function startRevenants(world: World): void {
  const random = world.rng.fork('revenants');
  const process = simProcess('revenant', world.time);
  const { jobs } = world.stores(process, { kind: 'runner', mortal: false });
  const speak = async ({ attempt, process: old, pid }: RunnerEntry) => {
    const job = await jobs.getJob(attempt.run, attempt.jobId);
    if (job === null || (job.fence === attempt.fence && !isFinal(job.status))) return;
    world.faults.hit('a runner comes back with an old fence', 1);
    const now = world.clock.now();
    const outcome = {
      status: random.pick(['pass', 'fail'] as const),
      failureReason: 'as it was then',
      actor: old.name,
      durationSeconds: 1,
      nodesClean: true,
      now,
    };
    const its = isWorkers(old.name) ? storesThroughDoor(world, process, attempt).jobs : jobs;
    const start = () => its.start(attempt, { runner: pid, now });
    const words = [
      start,
      () => its.renew(attempt, { leaseUntil: now + 60_000, now }),
      () => its.finish(attempt, outcome),
      () => jobs.unclaim(attempt, now),
    ];
    await (job.status === 'waiting' && random.chance(0.5) ? start : random.pick(words))();
  };
  const giveUp = async ({ attempt }: RunnerEntry) => {
    world.faults.hit('a dispatcher gives up what it launched', 1);
    await jobs.finish(attempt, {
      status: 'dead',
      failureReason: 'no runner could be started: its lab was gone meanwhile',
      actor: 'dispatcher',
      durationSeconds: null,
      nodesClean: true,
      ifNotStarted: true,
      now: world.clock.now(),
    });
  };
  const live = async () => {
    let followed: RunnerEntry[] = [];
    while (!world.faults.quiet) {
      await process.sleep(random.between(500, followed.length > 0 ? 3000 : 15_000));
      const alive = [...world.runners.values()].filter((runner) => runner.process.alive);
      if (alive.length > 0 && random.chance(0.1)) await giveUp(random.pick(alive)).catch(() => undefined);
      const gone = [...world.runners.values()].filter((runner) => !runner.process.alive);
      if (gone.length === 0) continue;
      // Those whose job has another attempt now are few and the most dangerous.
      followed = gone.filter((one) =>
        alive.some(
          (other) => other.attempt.jobId === one.attempt.jobId && other.attempt.fence > one.attempt.fence,
        ),
      );
      const some = followed.length > 0 && random.chance(0.8) ? followed : gone;
      await speak(random.pick(some.slice(-40))).catch(() => undefined);
    }
  };
  void live();
}
