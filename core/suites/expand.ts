import { mergeMaps } from '../config/deep-merge.ts';
import type { YamlMap } from '../config/yaml-value.ts';
import type { Logger } from '../ports/logger.ts';
import type { MergeScripts } from '../ports/merge-scripts.ts';
import type { YamlCodec } from '../ports/yaml-codec.ts';
import { needLua, noFilters, osChoice, refusal } from './filters.ts';
import type { JobFilters } from './filters.ts';
import { fragmentNames } from './fragment-paths.ts';
import { fragmentLoader } from './fragments.ts';
import { mergeInOrder } from './merge-in-order.ts';
import type { MergeContext } from './merge-in-order.ts';
import { quickMerger } from './merge-quickly.ts';
import { unlessRefused } from './merged-job.ts';
import type { MergedJob } from './merged-job.ts';
import { planSuite } from './plan.ts';
import type { PlannedJob, SuiteChoice } from './plan.ts';
import { scriptRunner } from './script-runner.ts';

/** Which jobs to make, and out of what. */
export interface Expansion extends SuiteChoice {
  readonly yaml: YamlCodec;
  readonly scripts: MergeScripts;
  readonly filters?: JobFilters;
  readonly baseConfig?: YamlMap; // what fragments are merged over; its os_type and os_version filter jobs
  /** Where the source lies in the eyes of scripts and in `fragments_dropped`; its origin unless given. */
  readonly root?: string;
  readonly logger?: Logger; // for what scripts log
  /** Told of each job that filters or a script left out, and why. */
  readonly onFiltered?: (description: string, reason: string) => void;
}

/** One job of a suite. */
export interface ExpandedJob {
  readonly description: string;
  readonly fragments: readonly string[]; // in merge order, relative to the folder that holds `suites`
  /** Shares its parts with other jobs of the expansion: not to be changed in place. */
  readonly config: YamlMap;
}

/**
 * Makes the jobs of a suite one by one, in order, byte for byte those of the original. Nothing is kept of a job that was handed out, so
 * memory does not depend on how many there are. Directories are read before the first job, fragments and Lua when a
 * job first needs them. Throws SuiteError, after the jobs that come before the fault.
 */
export async function* expandSuite(expansion: Expansion): AsyncGenerator<ExpandedJob> {
  const plan = planSuite(expansion);
  const filters = expansion.filters ?? noFilters;
  const baseConfig = expansion.baseConfig ?? new Map();
  const logger = expansion.logger ?? null;
  const scripts = scriptRunner({ ...expansion, filters, baseConfig, logger, suiteName: plan.suiteName });
  const context: MergeContext = {
    base: mergeMaps(baseConfig, template),
    os: osChoice(baseConfig),
    filters,
    load: fragmentLoader(expansion.source, expansion.yaml),
    names: fragmentNames({ root: expansion.root ?? expansion.source.origin, folder: expansion.folder ?? '' }),
    scripts,
  };
  try {
    if (needLua(filters)) await scripts.start();
    const merge = jobMerger(context);
    for (const job of plan.jobs()) {
      const merging = merge(job);
      // Awaiting only what has to be awaited keeps plain jobs, which are nearly all, off the event loop.
      const merged = merging instanceof Promise ? await merging : merging;
      if (merged.kind === 'filtered') expansion.onFiltered?.(job.description, merged.reason);
      else yield { description: job.description, fragments: shownPaths(context, job), config: merged.config };
    }
  } finally {
    scripts.close();
  }
}

/** Quick where it can be, in order where it must. */
function jobMerger(context: MergeContext): (job: PlannedJob) => MergedJob | Promise<MergedJob> {
  const mergeQuickly = quickMerger(context);
  const { filters, os, names, scripts } = context;
  return (job) => {
    const config = mergeQuickly(job);
    if (config === null) return mergeInOrder(context, job);
    const paths = filters.fragments ? job.fragments.map((fragment) => names(fragment).filtered) : [];
    const subject = { description: job.description, paths, config };
    return unlessRefused(config, refusal({ job: subject, filters, os, finds: scripts.finds }));
  };
}

function shownPaths(context: MergeContext, job: PlannedJob): string[] {
  return job.fragments.map((fragment) => context.names(fragment).shown);
}

/** What every job has under `teuthology`. */
const template: YamlMap = new Map([
  [
    'teuthology',
    new Map<string, YamlMap | readonly []>([
      ['fragments_dropped', []],
      ['meta', new Map()],
      ['postmerge', []],
    ]),
  ],
]);
