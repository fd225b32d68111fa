import { descriptionFragments } from './description-fragments.ts';
import { failedWorkunit, failureKind } from './failure-kind.ts';
import type { FailureKind } from './failure-kind.ts';
import { comparableWords, similarity } from './similarity.ts';

/** A job that did not pass, as far as clustering looks at it. */
export interface FailedJob {
  readonly jobId: number;
  readonly status: string;
  readonly description: string;
  readonly failureReason: string | null;
  readonly backtrace: string | null; // null = none was found
}

/** Jobs that failed for what seems to be the same reason; the words are those of their first job. */
export interface FailureCluster {
  readonly kind: FailureKind;
  readonly reason: string | null;
  readonly backtrace: string | null;
  readonly jobIds: readonly number[]; // in the order given
  readonly commonFragments: readonly string[]; // of all its jobs
  readonly allFragments: readonly string[]; // of any of its jobs
}

interface Growing {
  readonly first: FailedJob;
  readonly workunit: string | null;
  readonly reason: readonly string[]; // comparable words
  readonly backtrace: readonly string[] | null;
  readonly jobs: FailedJob[];
}

const alike = 0.5;

/**
 * Groups failures, the largest group first: workunits by their name; else by a backtrace that is more than half the same; else by a
 * reason that is. `dead` and `fail` are never in one group. Each job is compared with the first of each group.
 */
export function clusterFailures(jobs: readonly FailedJob[]): readonly FailureCluster[] {
  const groups: Growing[] = [];
  const byReason = new Map<string, Growing>(); // equal reasons are the rule, and need no comparison
  for (const job of jobs) {
    const known = job.backtrace === null ? byReason.get(sameKey(job)) : undefined;
    if (known !== undefined) {
      known.jobs.push(job);
      continue;
    }
    const candidate = growing(job);
    const group = groups.find((each) => belongs(each, candidate)) ?? candidate;
    if (group === candidate) groups.push(group);
    else group.jobs.push(job);
    if (job.backtrace === null) byReason.set(sameKey(job), group);
  }
  return groups.toSorted((a, b) => b.jobs.length - a.jobs.length).map(toCluster);
}

function sameKey(job: FailedJob): string {
  return `${job.status === 'dead'} ${job.failureReason ?? ''}`;
}

function growing(job: FailedJob): Growing {
  return {
    first: job,
    workunit: failedWorkunit(job.failureReason),
    reason: comparableWords(job.failureReason ?? ''),
    backtrace: job.backtrace === null ? null : comparableWords(job.backtrace),
    jobs: [job],
  };
}

function belongs(group: Growing, job: Growing): boolean {
  if ((group.first.status === 'dead') !== (job.first.status === 'dead')) return false;
  if (group.workunit !== null || job.workunit !== null) return group.workunit === job.workunit;
  if (group.backtrace !== null && job.backtrace !== null)
    return similarity(group.backtrace, job.backtrace) > alike;
  if (group.backtrace !== null || job.backtrace !== null) return false;
  return similarity(group.reason, job.reason) > alike;
}

function toCluster({ first, jobs }: Growing): FailureCluster {
  const fragments = jobs.map((job) => new Set(descriptionFragments(job.description)));
  const all = [...new Set(fragments.flatMap((each) => [...each]))].sort();
  return {
    kind: failureKind(first),
    reason: first.failureReason,
    backtrace: first.backtrace,
    jobIds: jobs.map((job) => job.jobId),
    commonFragments: all.filter((fragment) => fragments.every((each) => each.has(fragment))),
    allFragments: all,
  };
}
