import { MergeConflictError } from '../config/deep-merge.ts';
import { NewDateError, mergeInto, mutableCopy } from '../config/mutable-document.ts';
import type { MutableMap } from '../config/mutable-document.ts';
import { isYamlMap } from '../config/yaml-value.ts';
import type { YamlMap, YamlValue } from '../config/yaml-value.ts';
import { ScriptError } from '../ports/merge-scripts.ts';
import { FragmentError } from './errors.ts';
import { comparableVersion, refusal } from './filters.ts';
import type { JobFilters, OsChoice } from './filters.ts';
import type { FragmentNames } from './fragment-paths.ts';
import type { FragmentDocument, LoadedFragment } from './fragments.ts';
import type { Fragment } from './matrix.ts';
import { unlessRefused } from './merged-job.ts';
import type { MergedJob } from './merged-job.ts';
import type { PlannedJob } from './plan.ts';
import type { ScriptRunner } from './script-runner.ts';

/** What all jobs of one expansion are merged with. */
export interface MergeContext {
  readonly base: YamlMap;
  readonly os: OsChoice;
  readonly filters: JobFilters;
  readonly load: (fragment: Fragment) => LoadedFragment;
  readonly names: (fragment: Fragment) => FragmentNames;
  readonly scripts: ScriptRunner;
}

/** A job on its way: `config` belongs to it alone, so that scripts may change it. */
interface JobInProgress {
  readonly context: MergeContext;
  readonly job: PlannedJob;
  readonly config: MutableMap;
}

/**
 * Merges one job the long way: fragment by fragment into a private copy that premerge and postmerge scripts work on. Throws FragmentError
 * for the first fragment that cannot be merged, and FilterError.
 */
export async function mergeInOrder(context: MergeContext, job: PlannedJob): Promise<MergedJob> {
  const progress: JobInProgress = { context, job, config: mutableCopy(context.base) };
  for (const fragment of job.fragments) {
    const loaded = context.load(fragment);
    if (loaded.kind === 'broken') throw new FragmentError({ ...place(progress, fragment), ...loaded.fault });
    if (loaded.kind === 'empty') continue;
    await located(place(progress, fragment), () => mergeFragment(progress, fragment, loaded));
  }
  const origins = job.fragments.filter((fragment) => mentionsPostmerge(context.load(fragment)));
  const file = origins.map((fragment) => fragment.path).join(', ');
  return located({ file, job: job.description }, () => runPostmerge(progress));
}

async function mergeFragment(
  progress: JobInProgress,
  fragment: Fragment,
  loaded: FragmentDocument,
): Promise<void> {
  const document = mutableCopy(loaded.document);
  if (loaded.premerge === null || (await runPremerge(progress, loaded.premerge, document))) {
    mergeInto(progress.config, document);
    return;
  }
  const section = progress.config.get('teuthology');
  const dropped = isYamlMap(section) ? section.get('fragments_dropped') : null;
  if (Array.isArray(dropped)) dropped.push(progress.context.names(fragment).full);
}

/** Filters are asked before a premerge script, though they know nothing of the operating system yet: a job they drop runs no scripts. */
async function runPremerge(
  progress: JobInProgress,
  premerge: YamlValue,
  document: MutableMap,
): Promise<boolean> {
  if (typeof premerge !== 'string') {
    throw new ScriptError({ message: 'premerge must be one string', originalError: 'LuaError' });
  }
  const script = await progress.context.scripts.load(premerge);
  if (filterReason(progress, { type: null, version: null }) !== null) return false;
  return script.run(variables(progress, [['yaml_fragment', document]]));
}

async function runPostmerge(progress: JobInProgress): Promise<MergedJob> {
  const { context, config } = progress;
  const text = postmergeText(config);
  const script = text === '' ? null : await context.scripts.load(text);
  const reason = filterReason(progress, context.os);
  if (reason !== null || script === null) return unlessRefused(config, reason);
  const accepted = script.run(variables(progress, osVariables(progress)));
  return unlessRefused(config, accepted ? null : 'is rejected by its postmerge script');
}

/** All postmerge scripts of a job run as one, so that they share local variables. */
function postmergeText(config: YamlMap): string {
  const section = config.get('teuthology');
  const scripts = isYamlMap(section) ? (section.get('postmerge') ?? []) : [];
  const list: readonly YamlValue[] = Array.isArray(scripts) ? scripts : [scripts];
  const stray = list.find((item) => typeof item !== 'string');
  if (stray !== undefined) {
    throw new ScriptError({ message: 'postmerge must be a list of strings', originalError: 'TypeError' });
  }
  return list.join('\n');
}

function filterReason(progress: JobInProgress, os: OsChoice): string | null {
  const { context, job, config } = progress;
  const paths = context.filters.fragments ? job.fragments.map((item) => context.names(item).filtered) : [];
  const subject = { description: job.description, paths, config };
  return refusal({ job: subject, filters: context.filters, os, finds: context.scripts.finds });
}

type Variables = readonly (readonly [string, YamlValue])[];

function variables(progress: JobInProgress, more: Variables): ReadonlyMap<string, YamlValue> {
  const names = progress.job.fragments.map(progress.context.names);
  return new Map<string, YamlValue>([
    ...(progress.context.scripts.variables as ReadonlyMap<string, YamlValue>),
    ['description', progress.job.description],
    ['frag_paths', names.map((name) => name.full)],
    ['base_frag_paths', names.map((name) => name.filtered)],
    ['yaml', progress.config],
    ...more,
  ]);
}

/** The wanted system, and what comparing versions leaves behind for scripts to see. */
function osVariables({ context, config }: JobInProgress): Variables {
  const { type, version } = context.os;
  const found: [string, YamlValue][] = [];
  if (type !== null) found.push(['os_type', type]);
  if (version === null) return found;
  found.push(['os_version', version], ['wanted_os_version', comparableVersion(version)]);
  found.push(['this_os_version', comparableVersion(config.get('os_version') ?? null)]);
  return found;
}

interface Place {
  readonly file: string;
  readonly job: string;
}

function place(progress: JobInProgress, fragment: Fragment): Place {
  return { file: fragment.path, job: progress.job.description };
}

function mentionsPostmerge(loaded: LoadedFragment): boolean {
  return loaded.kind === 'document' && (loaded.hasPostmerge || loaded.premerge !== null);
}

/** Turns what goes wrong with a fragment into an error that names it. */
async function located<T>(where: Place, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const originalError = originalClass(cause);
    if (originalError === null || !(cause instanceof Error)) throw cause;
    throw new FragmentError({ ...where, reason: cause.message, originalError, cause });
  }
}

function originalClass(error: unknown): string | null {
  if (error instanceof ScriptError) return error.originalError;
  if (error instanceof MergeConflictError) return 'AssertionError';
  return error instanceof NewDateError ? 'TypeError' : null;
}
