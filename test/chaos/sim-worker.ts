import type { LaunchParams } from '../../core/ports/launcher.ts';
import { workerRunnerPrefix } from '../../core/ports/workers.ts';
import type { Rng } from './rng.ts';
import { knock, poolName, storesThroughDoor } from './sim-door.ts';
import { simProcess } from './sim-process.ts';
import type { SimProcess } from './sim-process.ts';
import { spawnRunner } from './sim-runner.ts';
import type { World } from './world.ts';

export interface WorkerParams {
  readonly machineType: string;
  readonly machines: number; // with a worker each
  readonly turns: number; // attempts at once on each
}

const pollSeconds = 25;

/**
 * Keeps workers running beside the nodes of a machine type. Each asks the labs for attempts, over HTTP alone, and runs them in
 * processes that outlive it. Workers die and are started again; now and then the whole machine dies, or stands still, or is
 * restored from an image, so that what it had begun begins once more.
 */
export function keepWorkers(world: World, params: WorkerParams): void {
  for (let machine = 1; machine <= params.machines; machine++) keepWorker(world, { ...params, machine });
}

interface Machine {
  readonly machineType: string;
  readonly turns: number;
  readonly random: Rng;
  readonly processes: Set<SimProcess>; // all that live on it
}

function keepWorker(world: World, params: WorkerParams & { readonly machine: number }): void {
  const random = world.rng.fork(`machine ${params.machine}`);
  const machine: Machine = { ...params, random, processes: new Set() };
  let started = 0;
  const start = () => {
    const worker = simProcess(`worker ${params.machine}.${++started}`, world.time);
    machine.processes.add(worker);
    worker.onExit(() => {
      machine.processes.delete(worker);
      world.time.after(world.faults.quiet ? 1000 : random.between(1000, 90_000), start);
    });
    for (let turn = 0; turn < params.turns; turn++) void takeTurns(world, worker, machine);
  };
  start();
  const strike = () => {
    if (world.faults.quiet) return;
    if (random.chance(0.5)) {
      if (world.faults.hit('the machine of a worker dies', 1))
        for (const each of machine.processes) each.kill();
    } else if (world.faults.hit('a worker dies', 1)) {
      for (const each of machine.processes) if (each.name.includes('.')) each.kill();
    }
    world.time.after(random.between(60_000, 600_000), strike);
  };
  world.time.after(random.between(60_000, 600_000), strike);
}

/** Takes one attempt after the other. A lab that cannot be reached is asked again a little later. */
async function takeTurns(world: World, worker: SimProcess, machine: Machine): Promise<void> {
  const { machineType, random } = machine;
  const wish = { machine_type: machineType, worker: worker.name, wait_seconds: pollSeconds };
  const timeoutMs = (pollSeconds + 20) * 1000;
  const poll = async () =>
    (await knock(world, { path: '/v1/workers/poll', body: wish, timeoutMs, random })) as {
      assignment: LaunchParams | null;
    };
  const lab = world.behindLine(worker, { port: { poll }, prefix: 'http', mortal: true });
  for (;;) {
    const answer = await lab.poll().catch(() => null);
    if (answer === null) await worker.sleep(random.between(1000, 5000));
    if (!answer?.assignment) continue;
    const over = runHere(world, machine, answer.assignment);
    if (world.faults.hit('an assignment is run twice', 0.3)) void runHere(world, machine, answer.assignment);
    await over;
    await worker.turn();
  }
}

/** Starts the runner of an attempt in a process of its own and waits for its end. Some come to it so late that their time is over. */
async function runHere(world: World, machine: Machine, launch: LaunchParams): Promise<void> {
  if (world.faults.hit('a worker is late', 0.05))
    await world.time.sleep(machine.random.between(20_000, 200_000));
  const process = spawnRunner(world, launch, {
    name: (pid) => `${workerRunnerPrefix}${poolName}: ${pid}`,
    stores: (runner) => storesThroughDoor(world, runner, launch.attempt),
  });
  machine.processes.add(process);
  await new Promise<void>((resolve) => process.onExit(resolve));
  machine.processes.delete(process);
}
