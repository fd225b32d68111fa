import { wake } from './sim-runner.ts';
import { simProcess } from './sim-process.ts';
import { untilDone } from './sim-lab.ts';
import type { Model } from './model.ts';
import type { World } from './world.ts';

/** Ends all faults: whoever stood still goes on, people give back what they hold, and nodes out of use are looked at. */
export function settleDown(world: World, model: Model): void {
  world.faults.quiet = true;
  for (const name of world.runners.keys()) wake(world, name);
  void lookAfter(world, model);
}

/** How long jobs that can be served may still take, once nothing goes wrong any more. */
const patienceMs = 3 * 3_600_000;

async function lookAfter(world: World, model: Model): Promise<void> {
  const caretaker = simProcess('caretaker', world.time);
  const { jobs, nodes } = world.stores(caretaker, { kind: 'person', mortal: false });
  await caretaker.sleep(120_000);
  const begun = world.time.now();
  for (;;) {
    const now = world.clock.now();
    for (const [lockId, lock] of model.locks)
      if (lock.live) await untilDone(caretaker, () => nodes.release(lockId, { clean: false, now }));
    for (const { name } of await nodes.list({ state: 'quarantined' }))
      await nodes.mark({ name, state: 'dirty', reason: 'looked at', by: 'caretaker', now });
    const queued = await jobs.listJobs({ statuses: ['queued'], limit: 1000 });
    const servable = queued.filter(
      (job) => job.osType === null && isPossible(model, job.machineType, job.nodeCount),
    );
    if (servable.length === 0 || world.time.now() - begun > patienceMs) {
      // What is left can never be served; it waits for ever without harm, and somebody ends it.
      const hopeless = queued.filter((job) => !servable.includes(job));
      for (const { run, jobId } of hopeless)
        await jobs.kill({ run, jobId, actor: 'caretaker', reason: 'it can never be served', now });
    }
    await caretaker.sleep(60_000);
  }
}

function isPossible(model: Model, machineType: string, nodeCount: number): boolean {
  const types = machineType.split(',');
  return (
    [...model.nodes.values()].filter((node) => node.present && types.includes(node.machineType)).length >=
    nodeCount
  );
}
