import { mostAttempts } from '../../core/operations/lab-ports.ts';
import type { Launcher } from '../../core/ports/launcher.ts';
import { SimulatedFault } from './faults.ts';
import { spawnRunner } from './sim-runner.ts';
import type { World } from './world.ts';

/** Starts simulated runners. Sometimes for a while it cannot, some jobs alone it cannot, and sometimes it could and does not know. */
export function simLauncher(world: World): Launcher {
  const random = world.rng.fork('launcher');
  let brokenUntil = 0;
  const curse = world.rng.fork('curse').pick([0.02, 0.05, 0.3]); // worlds differ, or some kinds of trouble would never meet
  const isCursed = (jobId: number) => world.rng.fork(`launches of ${jobId}`).chance(curse);
  return {
    async launch(params) {
      if (world.faults.hit('launcher fails for a while', 0.02)) brokenUntil = world.time.now() + 25_000;
      const cursed = isCursed(params.attempt.jobId) && world.faults.hit('a job cannot be launched', 0.9);
      const broken = cursed || (world.time.now() < brokenUntil && !world.faults.quiet);
      // Seen earlier, the runner of a job that cannot be launched would spare it the last try, which is the one that matters.
      const oddsOfCursed = params.attemptNumber < mostAttempts ? 0.01 : 0.8;
      const odds = cursed ? oddsOfCursed : broken ? 0.3 : 0.03;
      const unseen = world.faults.hit('a started runner is reported as failed', odds);
      if (broken && !unseen) throw new SimulatedFault('no process could be made');
      const process = spawnRunner(world, params, {
        name: (pid) => pid,
        stores: (runner) => world.stores(runner, { kind: 'runner', mortal: true }),
      });
      if (unseen) {
        await world.time.sleep(random.between(0, 4000));
        throw new SimulatedFault('the process was not seen in time');
      }
      return process.name;
    },
    async isAlive(name) {
      const runner = world.runners.get(name);
      if (runner?.unreachable && !world.faults.quiet)
        throw new SimulatedFault(`nobody can say whether ${name} lives`);
      return runner?.process.alive ?? false;
    },
    async stop(name, { force }) {
      const runner = world.runners.get(name);
      if (force) runner?.process.kill();
      else runner?.asked.abort();
    },
  };
}
