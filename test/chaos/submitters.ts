import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { submitJob } from '../../core/operations/submit-job.ts';
import type { YamlValue } from '../../core/config/yaml-value.ts';
import type { Rng } from './rng.ts';
import { poke } from './sim-lab.ts';
import { simProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** A submission that the lab has accepted, and so has to carry out. */
export interface Accepted {
  readonly run: string;
  readonly copies: number;
}

/** What a world has to offer, for jobs that ask for it. */
export interface Offer {
  readonly types: readonly { readonly name: string; readonly nodes: number }[];
}

/** Queues jobs of all kinds, each submission again and again until it is known to be carried out. Returns what was accepted. */
export function startSubmitters(world: World, offer: Offer): Accepted[] {
  const accepted: Accepted[] = [];
  const random = world.rng.fork('submitters');
  const expiry = world.rng.fork('expiry');
  const likeness = world.rng.fork('likeness');
  const client = simProcess('submitter', world.time);
  const { jobs, reports } = world.stores(client, { kind: 'person', mortal: false });
  const ports = { jobs, yaml: pyYaml, wakeups: { poke: async (type: string) => poke(world, type) } };
  let number = 0;
  const submit = async () => {
    const name = `run-${++number}`;
    const copies = random.whole(1, 4);
    const config = jobConfig(random, offer);
    if (expiry.chance(0.1)) config.set('expire', `${expiry.whole(1, 20)}m`);
    const description = `sim/{${likeness.pick(['a', 'b'])}}`; // what its like took is what is expected of it
    const now = world.clock.now();
    accepted.push({ run: name, copies });
    for (let resumed = false; ; resumed = true) {
      try {
        const submission = {
          config,
          name,
          description,
          machineType: 'box',
          priority: null,
          maxSeconds: 300,
          copies,
        };
        await submitJob(ports, submission, { owner: 'ann@desk', now, resumed });
        await reports.want({ run: name, email: 'ann@desk', mailBy: Number.MAX_SAFE_INTEGER });
        return;
      } catch {
        await client.sleep(1000);
      }
    }
  };
  const live = async () => {
    while (!world.faults.quiet) {
      void submit();
      await client.sleep(random.between(1000, 16_000));
    }
  };
  void live();
  return accepted;
}

function jobConfig(random: Rng, offer: Offer): Map<string, YamlValue> {
  const type = random.pick(offer.types);
  const big = random.chance(0.04);
  const impossible = random.chance(0.02);
  const nodes = impossible ? type.nodes + 1 : big ? type.nodes : random.whole(0, 3);
  const several = !impossible && !big && random.chance(0.15);
  const config = new Map<string, YamlValue>([
    ['roles', Array.from({ length: nodes }, (_, i) => [`node.${i}`])],
    ['machine_type', several ? offer.types.map(({ name }) => name).join(',') : type.name],
    ['priority', random.pick([100, 100, 100, 50, 200])],
    ['max_job_time', random.pick([60, 120, 300])],
  ]);
  if (random.chance(0.02)) config.set('os_type', 'plan9');
  return config;
}
