import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { createCleaner } from '../../core/operations/clean-nodes.ts';
import { dispatch } from '../../core/operations/dispatch.ts';
import { createLaunchOutage } from '../../core/operations/launch-outage.ts';
import { retestNodes } from '../../core/operations/retest-nodes.ts';
import { createSweeper } from '../../core/operations/sweep.ts';
import type { Launcher } from '../../core/ports/launcher.ts';
import type { Provider } from '../../core/ports/provider.ts';
import type { Workers } from '../../core/ports/workers.ts';
import { workerPool } from '../../adapters/embedded/worker-pool.ts';
import { silentLogger } from '../fixtures/silent-logger.ts';
import { simReporter } from './sim-desk.ts';
import { openDoor } from './sim-door.ts';
import { simProcess } from './sim-process.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

export interface LabParams {
  readonly launcher: Launcher; // of what no worker serves
  readonly workerType: string; // whose jobs only workers run
  readonly provider: Provider;
  readonly labs: number; // at the same time, on the same stores
  readonly maxRunners: number | null;
}

/** Keeps labs running: each dies now and then in the middle of what it does, and is started again after a while. */
export function keepLabs(world: World, params: LabParams): void {
  const up = new Set<SimProcess>();
  let started = 0;
  const random = world.rng.fork('labs');
  const start = () => {
    const lab = simProcess(`lab ${++started}`, world.time);
    up.add(lab);
    world.history.note({ fact: 'lab-up' });
    lab.onExit(() => {
      up.delete(lab);
      world.history.note({ fact: 'no-worker-waits', machineType: params.workerType, lab: lab.name });
      if (up.size === 0) world.history.note({ fact: 'lab-down' });
      world.time.after(world.faults.quiet ? 1000 : random.between(1000, 60_000), start);
    });
    void runLab(world, lab, params);
  };
  for (let i = 0; i < params.labs; i++) start();
}

/** The loops of a lab, as often as the embedded one runs them. */
async function runLab(world: World, lab: SimProcess, params: LabParams): Promise<void> {
  const { clock } = world;
  const mortal = true;
  const { workerType } = params;
  const { launcher, workers } = workerPool({
    machineTypes: [workerType],
    others: params.launcher,
    onWaiting: () => dispatching.poke(),
    after: (ms, act) => {
      world.time.after(ms, act);
      return () => undefined;
    },
  });
  const ports = {
    ...world.stores(lab, { kind: 'lab', mortal }),
    clock,
    log: silentLogger,
    yaml: pyYaml,
    launcher: world.behindLine(lab, { port: launcher, prefix: 'launcher', mortal }),
    providers: new Map([
      ['shelf', world.behindLine(lab, { port: params.provider, prefix: 'provider', mortal })],
    ]),
    wakeups: { poke: async (machineType: string) => poke(world, machineType) },
  };
  await untilDone(lab, async () => ports.nodes.register(await params.provider.start(), clock.now()));
  const outage = createLaunchOutage();
  const dispatching = loop(lab, 2000, () => dispatch(ports, { maxRunners: params.maxRunners, outage }));
  const cleaner = createCleaner(ports, { sole: params.labs === 1, onSettled: () => cleaning.poke() });
  const cleaning = loop(lab, 2000, async () => {
    await retestNodes(ports);
    await cleaner.pass();
  });
  const sweeper = createSweeper(ports);
  const sweeping = loop(lab, 5000, async () => {
    await sweeper.sweep();
    cleaning.poke();
    dispatching.poke();
  });
  const reporter = simReporter(world, lab, { jobs: ports.jobs, log: ports.log, reports: ports.reports });
  loop(lab, 3000, () => reporter.pass());
  openDoor(world, lab, {
    machineType: workerType,
    ports: { ...world.stores(lab, { kind: 'door', mortal }), clock, workers: noted(world, lab, workers) },
  });
  world.listeners.poke.add(() => dispatching.poke());
  world.listeners.exit.add(() => sweeping.poke());
}

/** Notes whether anybody waits at the lab, as long as it lives. */
function noted(world: World, lab: SimProcess, workers: Workers): Workers {
  let waiting = 0;
  const note = (machineType: string, by: 1 | -1) => {
    const before = waiting;
    waiting += by;
    if (before > 0 === waiting > 0 || !lab.alive) return;
    const fact = waiting > 0 ? 'workers-wait' : 'no-worker-waits';
    world.history.note({ fact, machineType, lab: lab.name });
  };
  return {
    async next(params) {
      const { machineType } = params;
      note(machineType, 1);
      return await workers.next(params).finally(() => note(machineType, -1));
    },
  };
}

/** Wakes the dispatchers of all labs, unless the wake-up is lost. */
export function poke(world: World, machineType: string): void {
  if (world.faults.hit('wake-up lost', 0.3)) return;
  world.time.after(1, () => world.listeners.poke.forEach((listener) => listener(machineType)));
}

/** Tries again, a second later, what a fault has spoilt. */
export async function untilDone(process: SimProcess, act: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await act();
      return;
    } catch {
      await process.sleep(1000);
    }
  }
}

function loop(process: SimProcess, everyMs: number, act: () => Promise<unknown>): { poke(): void } {
  let rest = new AbortController();
  const run = async () => {
    for (;;) {
      rest = new AbortController();
      const { signal } = rest;
      await act().catch(() => undefined);
      // A poke during the pass has aborted the rest already; a moment passes even then.
      await process.sleep(signal.aborted ? 1 : everyMs, signal.aborted ? undefined : signal);
    }
  };
  void run();
  return { poke: () => rest.abort() };
}
