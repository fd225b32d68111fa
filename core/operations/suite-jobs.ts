import { mergeJobSources } from '../config/merge-job.ts';
import { RequirementError, requirementProblems } from '../config/node-requirements.ts';
import type { YamlMap, YamlValue } from '../config/yaml-value.ts';
import type { MergeScripts } from '../ports/merge-scripts.ts';
import type { SuiteSource } from '../ports/suite-source.ts';
import type { YamlCodec } from '../ports/yaml-codec.ts';
import { baseConfig } from '../suites/base-config.ts';
import type { RunFacts } from '../suites/base-config.ts';
import { exclusion, packageFlavor, withBaseHashes } from '../suites/collect.ts';
import { expandSuite } from '../suites/expand.ts';
import type { Expansion } from '../suites/expand.ts';
import { jobFilters } from '../suites/keywords.ts';
import { countJobs } from '../suites/plan.ts';
import { parseSubset } from '../suites/subset.ts';
import type { ExpandedSuiteJob } from './submit-suite.ts';
import { SuiteOrderError } from './suite-order.ts';
import type { SuiteOrder } from './suite-order.ts';

/** The jobs of an order, as often as they are needed. */
export interface SuiteJobs {
  /** The jobs as they are queued, in order; each call starts anew. */
  readonly jobs: (seed: number) => AsyncGenerator<ExpandedSuiteJob>;
  /** How many there are before filters; infinite above what a number holds. */
  readonly size: (seed: number) => number;
  /** The descriptions of `only` that the last pass did not meet. */
  readonly vanished: () => string[];
}

/**
 * What an order makes of a suite: fragments over the base config, jobs for other machines left out, hashes of the build put in, the
 * documents of the order on top, and the keys that the original's scheduler adds below everything. `only` = descriptions
 * to keep, compared exactly.
 */
export function suiteJobs(
  ports: { readonly yaml: YamlCodec; readonly scripts: MergeScripts },
  params: {
    order: SuiteOrder;
    facts: RunFacts;
    arch: string | null;
    noNestedSubset: boolean;
    source: SuiteSource;
    only: ReadonlySet<string> | null;
  },
): SuiteJobs {
  const { order, arch, only } = params;
  const above = order.configYaml.map((text, index) => {
    const file = `config_yaml[${index}]`;
    return { file, value: ports.yaml.parse(text, file) };
  });
  const met = new Set<string>();
  const wanted = (description: string) => only === null || order.compat || only.has(description);
  async function* jobs(seed: number): AsyncGenerator<ExpandedSuiteJob> {
    const facts = { ...params.facts, seed };
    const base = baseConfig(facts);
    const machine = { arch, osType: base.get('os_type') ?? null };
    met.clear();
    for await (const { description, config } of expandSuite(expansionOf(ports, { ...params, base, seed }))) {
      if (!wanted(description)) continue;
      met.add(description);
      if (exclusion(config, machine) !== null) continue;
      const collected = withFlavor(withBaseHashes(config, base));
      const merged =
        above.length === 0 ? collected : mergeJobSources([{ file: null, value: collected }, ...above]);
      refuseRequirements(description, merged);
      yield { description, config: new Map([...schedulerKeys(params, facts), ...merged]) };
    }
    if (only !== null && met.size === 0)
      throw new SuiteOrderError(
        `suite '${facts.suite}' has none of the ${only.size} jobs to repeat any more`,
      );
  }
  return {
    jobs,
    size: (seed) => Number(countJobs(expansionOf(ports, { ...params, base: new Map(), seed }))),
    vanished: () => [...(only ?? [])].filter((description) => !met.has(description)),
  };
}

function expansionOf(
  ports: { readonly yaml: YamlCodec; readonly scripts: MergeScripts },
  params: {
    order: SuiteOrder;
    facts: RunFacts;
    noNestedSubset: boolean;
    source: SuiteSource;
    only: ReadonlySet<string> | null;
    base: YamlMap;
    seed: number;
  },
): Expansion {
  const { order, facts } = params;
  const filters = jobFilters(order.filters, order);
  const repeated = order.compat ? [...(params.only ?? [])] : [];
  return {
    source: params.source,
    suite: facts.suite,
    seed: params.seed,
    subset: facts.subset === null ? null : parseSubset(facts.subset),
    noNestedSubset: params.noNestedSubset,
    filters: { ...filters, in: [...(filters.in ?? []), ...repeated] },
    baseConfig: params.base,
    yaml: ports.yaml,
    scripts: ports.scripts,
  };
}

/** Whoever asks for nodes that cannot be must hear of it before anything is queued. */
function refuseRequirements(description: string, config: YamlMap): void {
  const [first] = requirementProblems(config);
  if (first !== undefined) throw new RequirementError(`job '${description}': ${first.sentence}`);
}

function withFlavor(config: YamlMap): YamlMap {
  return new Map([...config, ['flavor', packageFlavor(config)]]);
}

/** What the original's scheduler writes into each job, unless the job says otherwise. */
function schedulerKeys(
  { order, noNestedSubset }: { order: SuiteOrder; noNestedSubset: boolean },
  facts: RunFacts,
): [string, YamlValue][] {
  return [
    ['first_in_suite', false],
    ['last_in_suite', false],
    ['email', null],
    ['verbose', order.verbose],
    ['tube', facts.machineType.includes(',') ? 'multi' : facts.machineType],
    ['no_nested_subset', noNestedSubset],
  ];
}
