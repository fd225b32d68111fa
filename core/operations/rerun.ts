import type { JobStore, RunRecord } from '../ports/job-store.ts';
import { RunNotFoundError } from '../ports/job-store.ts';
import type { FinalStatus } from '../results/job-state.ts';
import { parseSubset } from '../suites/subset.ts';

/** What may not differ from the earlier run; null = not said. */
export interface RerunWish {
  readonly run: string;
  readonly statuses: readonly string[];
  readonly suite: string | null;
  readonly seed: number | null;
  readonly subset: string | null;
  readonly noNestedSubset: boolean | null;
}

/** What a rerun takes over. */
export interface RerunBasis {
  readonly suite: string;
  readonly seed: number;
  readonly subset: string | null;
  readonly noNestedSubset: boolean;
  readonly descriptions: ReadonlySet<string>; // of the jobs to repeat, never empty
}

/** A rerun that makes no sense; nothing was queued. */
export class RerunError extends Error {
  override readonly name = 'RerunError';
}

const finalStatuses: readonly FinalStatus[] = ['pass', 'fail', 'dead'];
const pageSize = 1000;

/**
 * Reads what to repeat from the records of a run: suite, seed, subset and the descriptions of its jobs of some final statuses. Throws
 * RunNotFoundError, and RerunError for a wish that says otherwise than the run or finds no job.
 */
export async function rerunBasis(jobs: JobStore, wish: RerunWish): Promise<RerunBasis> {
  const statuses = finals(wish.statuses);
  const run = await jobs.getRun(wish.run);
  if (run === null) throw new RunNotFoundError(wish.run);
  if (run.suite === '' || run.seed === null) {
    throw new RerunError(`run '${run.name}' did not come from a suite: there is nothing to expand again`);
  }
  refuseOtherChoice(wish, run);
  const descriptions = await descriptionsOf(jobs, run.name, statuses);
  if (descriptions.size === 0) {
    throw new RerunError(`run '${run.name}' has no job that is ${statuses.join(' or ')}: nothing to repeat`);
  }
  const { suite, seed, subset, noNestedSubset } = run;
  return { suite, seed, subset, noNestedSubset, descriptions };
}

function finals(statuses: readonly string[]): FinalStatus[] {
  const known = statuses.map((status) => {
    const final = finalStatuses.find((each) => each === status);
    if (final === undefined)
      throw new RerunError(`only jobs that are ${finalStatuses.join(', ')} can be repeated, not '${status}'`);
    return final;
  });
  if (known.length === 0) throw new RerunError('a rerun needs at least one status');
  return known;
}

function refuseOtherChoice(wish: RerunWish, run: RunRecord): void {
  const refuse = (what: string, given: unknown, earlier: unknown) => {
    throw new RerunError(
      `${what} ${String(given)} differs from that of run '${run.name}', ${String(earlier)}`,
    );
  };
  const suite = wish.suite?.replaceAll('/', ':') ?? null;
  if (suite !== null && suite !== run.suite) refuse('suite', suite, run.suite);
  if (wish.seed !== null && wish.seed !== run.seed) refuse('seed', wish.seed, run.seed);
  if (wish.subset !== null && normalised(wish.subset) !== normalised(run.subset))
    refuse('subset', wish.subset, run.subset ?? 'none');
  if (wish.noNestedSubset !== null && wish.noNestedSubset !== run.noNestedSubset)
    refuse('no_nested_subset', wish.noNestedSubset, run.noNestedSubset);
}

/** One text for equal subsets; a cut into one part is none. */
function normalised(subset: string | null): string | null {
  if (subset === null) return null;
  const { which, of } = parseSubset(subset);
  return of <= 1 ? null : `${which}/${of}`;
}

async function descriptionsOf(
  jobs: JobStore,
  run: string,
  statuses: readonly FinalStatus[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (let offset = 0; ; offset += pageSize) {
    const page = await jobs.listJobs({ run, statuses, limit: pageSize, offset });
    for (const job of page) if (job.description !== '') found.add(job.description);
    if (page.length < pageSize) return found;
  }
}
