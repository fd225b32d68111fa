import { parseArgs } from 'node:util';
import { breachText, summaryText } from './report.ts';
import { runWorld } from './run-world.ts';
import { raceThreads } from './thread-race.ts';
import { mutantNames } from './mutants.ts';
import type { Mutant } from './mutants.ts';

/**
 * `node test/chaos/main.ts [--operations N] [--seed S] [--minutes M] [--threads T] [--mutant NAME]`: lives worlds that calm down after
 * at most 2,500 operations, one after the other with growing seeds, until there have been N operations or M minutes have passed; a
 * seed and its number of operations give the same world again. With --threads, that many threads race for one lab instead, in
 * real time. Exit status 1 = a law was broken.
 */

const worldSize = 2500;

const { values } = parseArgs({
  options: {
    operations: { type: 'string' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    threads: { type: 'string' },
    mutant: { type: 'string' },
  },
});
const firstSeed = values.seed ?? String(Date.now() % 1_000_000);
const minutes = values.minutes === undefined ? null : Number(values.minutes);
const wanted = Number(values.operations ?? (minutes === null ? 20_000 : Infinity));
if (Number.isNaN(wanted) || Number.isNaN(minutes ?? 0) || !(wanted > 0))
  throw new Error('figures are expected');

const begun = Date.now();
const faults = new Map<string, number>();
let operations = 0;
let jobs = 0;
console.log(`seed ${firstSeed}, ${wanted === Infinity ? `${minutes} minutes` : `${wanted} operations`}`);
for (let index = 0; operations < wanted; index++) {
  if (minutes !== null && Date.now() - begun > minutes * 60_000) break;
  const seed = index === 0 ? firstSeed : nextSeed(firstSeed, index);
  const size = Math.min(worldSize, wanted - operations);
  if (values.threads !== undefined) {
    const race = await raceThreads({ seed, racers: Number(values.threads), operations: size });
    console.log(`race ${seed}: ${race.operations} acts of ${values.threads} threads, ${race.jobs} jobs`);
    if (race.breaches.length > 0) {
      console.log([...race.breaches.slice(0, 30), 'a race does not repeat exactly'].join('\n'));
      process.exit(1);
    }
    operations += race.operations;
    jobs += race.jobs;
    continue;
  }
  const report = await runWorld({ seed, operations: size, ...mutantOf(values.mutant) });
  console.log(summaryText(report));
  const [first] = report.breaches;
  if (first !== undefined) {
    const mutant = values.mutant === undefined ? '' : ` --mutant '${values.mutant}'`;
    console.log(
      breachText(report, first, `node test/chaos/main.ts --seed ${seed} --operations ${size}${mutant}`),
    );
    process.exit(1);
  }
  operations += report.operations;
  jobs += report.jobs;
  for (const [kind, n] of report.faults) faults.set(kind, (faults.get(kind) ?? 0) + n);
}
for (const [kind, n] of [...faults].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`${String(n).padStart(8)} ${kind}`);
console.log(
  `${operations} operations, ${jobs} jobs, ${((Date.now() - begun) / 1000).toFixed(1)} s: the laws held`,
);

function nextSeed(first: string, index: number): string {
  return /^\d+$/.test(first) ? String(Number(first) + index) : `${first}.${index}`;
}

function mutantOf(name: string | undefined): { mutant?: Mutant } {
  if (name === undefined) return {};
  const mutant = mutantNames.find((each) => each === name);
  if (mutant === undefined) throw new Error(`no mutant '${name}'; there are: ${mutantNames.join('; ')}`);
  return { mutant };
}
