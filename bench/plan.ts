import type { Node } from '../core/locks/node.ts';
import { plan } from '../core/scheduling/plan.ts';
import type { PlanInput } from '../core/scheduling/plan.ts';
import type { QueuedJob } from '../core/scheduling/queued-job.ts';
import { busy, hour, job, node } from '../test/fixtures/plan-input.ts';

/**
 * What a plan for 10,000 nodes and 100,000 queued jobs costs, for queues and labs of several shapes: `node bench/plan.ts [TIMES [SHAPE]]`.
 * Beside the time that passed stands the time of the processor, which tells more on a machine that has other things to do.
 */

const times = Number(process.argv[2] ?? 15);
const wanted = process.argv[3] ?? ''; // a part of the names of shapes
const nodeCount = 10_000;
const jobCount = 100_000;
const types = ['box', 'rack', 'blade', 'tower'] as const;
const systems = ['debian', 'ubuntu', 'centos'] as const;
const versions = ['11', '12'] as const;
const architectures = ['x86_64', 'aarch64'] as const;

const of = <T>(list: readonly T[], index: number): T => {
  const found = list[Math.trunc(index) % list.length];
  if (found === undefined) throw new Error('an empty list');
  return found;
};

/** Inventory: 48 kinds of nodes, of which the given share is busy. */
function lab(busyOfEight: number): Pick<PlanInput, 'nodes' | 'running'> {
  const nodes = Array.from({ length: nodeCount }, (_, i): Node => {
    const changes = {
      machineType: of(types, i),
      osType: of(systems, i / 4),
      osVersion: of(versions, i / 12),
      arch: of(architectures, i / 24),
      lastUsedAt: (i * 7919) % 10_007,
    };
    return (i * 5) % 8 < busyOfEight ? busy(`n${i}`, i, changes) : node(`n${i}`, changes);
  });
  return { nodes, running: nodes.map((_, i) => ({ jobId: i, endsBy: (1 + (i % 10)) * hour })) };
}

const queue = (jobOf: (i: number) => Partial<QueuedJob>): QueuedJob[] =>
  Array.from({ length: jobCount }, (_, i) => job(20_000 + i, jobOf(i)));

/** Jobs come in suites of a hundred that wish for the same. */
const suites = queue((i) => ({
  machineType: of(types, i / 100),
  osType: i % 200 < 100 ? null : 'debian',
  nodeCount: 1 + (i % 4),
  maxSeconds: 3600 * (1 + (i % 12)),
}));

const mixedWish = (i: number): Partial<QueuedJob> => ({
  machineType: of([...types, 'box,rack', 'blade,tower,box'], i * 7),
  osType: of([null, ...systems], i / 3),
  osVersion: of([null, ...versions], i / 5),
  arch: of([null, ...architectures], i / 7),
  nodeCount: 1 + ((i * 11) % 8),
  maxSeconds: 600 * (1 + ((i * 13) % 72)),
});

/** No two neighbours wish for the same: 216 kinds of wishes. */
const mixed = queue(mixedWish);

const shapes: readonly { name: string; input: () => Omit<PlanInput, 'now'> }[] = [
  { name: 'suites, half of the lab busy', input: () => ({ ...lab(4), jobs: suites, slots: null }) },
  { name: 'suites, whole lab free', input: () => ({ ...lab(0), jobs: suites, slots: null }) },
  { name: 'suites, whole lab busy', input: () => ({ ...lab(8), jobs: suites, slots: null }) },
  { name: 'suites, 100 slots', input: () => ({ ...lab(4), jobs: suites, slots: 100 }) },
  { name: 'mixed, half of the lab busy', input: () => ({ ...lab(4), jobs: mixed, slots: null }) },
  { name: 'mixed, whole lab free', input: () => ({ ...lab(0), jobs: mixed, slots: null }) },
  { name: 'mixed, whole lab busy', input: () => ({ ...lab(8), jobs: mixed, slots: null }) },
  { name: 'mixed, no slots', input: () => ({ ...lab(4), jobs: mixed, slots: 0 }) },
  { name: 'mixed, 100 slots', input: () => ({ ...lab(4), jobs: mixed, slots: 100 }) },
  {
    name: 'mixed, 1000 priorities',
    input: () => ({
      ...lab(4),
      jobs: queue((i) => ({ ...mixedWish(i), priority: (i * 7919) % 1000 })),
      slots: null,
    }),
  },
  {
    name: '2000 wishes that none can serve',
    input: () => ({
      ...lab(4),
      jobs: queue((i) => ({ machineType: of(types, i), osVersion: `0.${i % 2000}` })),
      slots: null,
    }),
  },
];

console.log(`${''.padEnd(36)}${'time'.padStart(12)}${'processor'.padStart(14)}   (best of ${times})`);
for (const { name, input } of shapes.filter((shape) => shape.name.includes(wanted))) {
  const given = { ...input(), now: 0 };
  let [wall, cpu] = [Infinity, Infinity];
  for (let i = 0; i < times; i++) {
    const begun = performance.now();
    const used = process.threadCpuUsage();
    plan(given);
    const { user, system } = process.threadCpuUsage(used);
    wall = Math.min(wall, performance.now() - begun);
    cpu = Math.min(cpu, (user + system) / 1000);
  }
  console.log(`${name.padEnd(36)}${wall.toFixed(1).padStart(9)} ms${cpu.toFixed(1).padStart(11)} ms`);
}
