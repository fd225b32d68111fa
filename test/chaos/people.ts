import { kill } from '../../core/operations/kill.ts';
import type { LabPorts } from '../../core/operations/lab-ports.ts';
import { QueueNotPausedError, pauseQueue, resumeQueue } from '../../core/operations/pause-queues.ts';
import { silentLogger } from '../fixtures/silent-logger.ts';
import { poke, untilDone } from './sim-lab.ts';
import { simProcess } from './sim-process.ts';
import type { SimProcess } from './sim-process.ts';
import type { Launcher } from '../../core/ports/launcher.ts';
import type { Rng } from './rng.ts';
import type { World } from './world.ts';

interface Crowd {
  readonly world: World;
  readonly person: SimProcess;
  readonly random: Rng;
  readonly ports: Pick<
    LabPorts,
    'audit' | 'clock' | 'jobs' | 'launcher' | 'log' | 'nodes' | 'pauses' | 'wakeups'
  >;
  readonly machineTypes: readonly string[];
  locks: number;
}

const owner = 'ann@desk';

/** People who lock nodes, use them and give them back or forget to, kill and move jobs, and take nodes out of use. */
export function startPeople(
  world: World,
  { launcher, machineTypes }: { launcher: Launcher; machineTypes: readonly string[] },
): void {
  const person = simProcess('person', world.time);
  const ports = {
    ...world.stores(person, { kind: 'person', mortal: false }),
    audit: world.audit,
    clock: world.clock,
    launcher,
    log: silentLogger,
    wakeups: { poke: async (type: string) => poke(world, type) },
  };
  const random = world.rng.fork('people');
  const crowd: Crowd = { world, person, random, ports, machineTypes, locks: 0 };
  const acts = [lockAndUse, lockAndUse, killSomething, moveJob, markNode, markNode, replaceNode, pauseOne];
  const live = async () => {
    while (!world.faults.quiet) {
      await person.sleep(crowd.random.between(2000, 20_000));
      void crowd.random
        .pick(acts)(crowd)
        .catch(() => undefined);
    }
  };
  void live();
}

async function lockAndUse(crowd: Crowd): Promise<void> {
  const { world, person, random, ports } = crowd;
  const free = (await ports.nodes.list({ state: 'free' })).map((node) => node.name);
  if (free.length === 0) return;
  const lockId = `person ${++crowd.locks}`;
  const nodes = random.some(free, random.whole(1, 3));
  const leaseMs = random.chance(0.7) ? random.between(20_000, 200_000) : null;
  const request = { lockId, nodes, owner, description: null, now: world.clock.now() };
  const leaseUntil = leaseMs === null ? null : Math.round(request.now + leaseMs);
  let locked = await ports.nodes.lockMany({ ...request, leaseUntil }).catch(() => null);
  locked ??= await ports.nodes.lockMany({ ...request, leaseUntil });
  if (locked.kind === 'refused') return;
  world.history.note({ fact: 'used', lockId, nodes });
  await person.sleep(random.between(1000, 60_000));
  if (leaseMs !== null && random.chance(0.5)) {
    const now = world.clock.now();
    await ports.nodes.renew(lockId, { leaseUntil: now + 60_000, now });
    world.history.note({ fact: 'used', lockId, nodes });
  }
  await person.sleep(random.between(1000, 60_000));
  if (leaseMs !== null && random.chance(0.4)) {
    // Forgotten: the sweeper has taken it back before its owner thinks of it again.
    await person.sleep(400_000);
    const now = world.clock.now();
    await ports.nodes.renew(lockId, { leaseUntil: now + 60_000, now });
  }
  const clean = random.chance(0.3);
  if (clean) world.history.note({ fact: 'tidied', lockId, nodes });
  const one = random.chance(0.3) ? { nodes: nodes.slice(0, 1) } : {};
  await untilDone(person, () => ports.nodes.release(lockId, { clean, now: world.clock.now(), ...one }));
  if (nodes.length > 1)
    await untilDone(person, () => ports.nodes.release(lockId, { clean, now: world.clock.now() }));
}

async function killSomething({ ports, random }: Crowd): Promise<void> {
  const live = await ports.jobs.listJobs({ statuses: ['queued', 'waiting', 'running'], limit: 200 });
  if (live.length === 0) return;
  const { run, jobId } = random.pick(live);
  await kill(ports, {
    run,
    jobId: random.chance(0.8) ? jobId : null,
    actor: owner,
    operator: true,
    reason: 'no longer wanted',
  });
}

async function moveJob({ world, ports, random }: Crowd): Promise<void> {
  const queued = await ports.jobs.listJobs({ statuses: ['queued'], limit: 200 });
  if (queued.length === 0) return;
  const { run, jobId } = random.pick(queued);
  await ports.jobs.setPriority({ run, jobId, priority: random.whole(50, 150), now: world.clock.now() });
}

async function markNode({ world, person, ports, random }: Crowd): Promise<void> {
  const nodes = await ports.nodes.list();
  const broken = nodes.filter((node) => node.state === 'quarantined');
  const node = broken.length > 0 && random.chance(0.8) ? random.pick(broken) : random.pick(nodes);
  const mark = { name: node.name, by: owner, reason: 'looked at', now: world.clock.now() };
  if (node.state === 'quarantined') {
    await ports.nodes.mark({ ...mark, state: 'dirty' });
    return;
  }
  const done = await ports.nodes.mark({ ...mark, state: 'quarantined' });
  if (done === 'stale') return;
  await person.sleep(random.between(5000, 60_000));
  await ports.nodes.mark({ ...mark, state: 'dirty', now: world.clock.now() });
}

/** A free node leaves the inventory and comes back. */
async function replaceNode({ world, person, ports, random }: Crowd): Promise<void> {
  const node = random.pick(await ports.nodes.list());
  if (node.state !== 'free' || !random.chance(0.3)) return;
  if ((await ports.nodes.remove(node.name)) === 'stale') return;
  await person.sleep(random.between(1000, 20_000));
  await untilDone(person, () => ports.nodes.register([node], world.clock.now()));
}

/** Somebody stops a queue for some minutes, and now and then lets it go on before its time. */
async function pauseOne({ world, person, ports, random, machineTypes }: Crowd): Promise<void> {
  if (!random.chance(0.6)) return;
  const machineType = random.pick(machineTypes);
  const actor = { name: owner, operator: true };
  const note = (until: number) => world.history.note({ fact: 'paused', machineType, until });
  const order = {
    actor,
    machineType,
    reason: 'new images',
    ms: Math.round(random.between(120_000, 900_000)),
  };
  let until = 0;
  await untilDone(person, async () => {
    ({ until } = await pauseQueue(ports, order));
    note(until);
  });
  if (!random.chance(0.5)) return;
  await person.sleep(random.between(5000, 300_000));
  // One that is over by the clock cannot be ended, and is there again when the clock is set back.
  if (world.clock.now() >= until) return;
  note(0);
  await untilDone(person, async () => {
    await resumeQueue(ports, { actor, machineType }).catch((error: unknown) => {
      if (!(error instanceof QueueNotPausedError)) throw error;
      if (world.clock.now() >= until) note(until);
    });
  });
}
