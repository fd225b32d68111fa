import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { JobRecord } from '../../core/ports/job-store.ts';
import { jobOf } from './job-items.ts';
import type { JobItem } from './job-items.ts';
import type { Key } from './keys.ts';
import type { Tables } from './table.ts';

/** An entry of an index, and its place in the order that the index gives. */
export interface IndexEntry extends Key {
  readonly place: string;
}

/** The next entries behind a place, in order, at least `most` of them unless that is all there is. `most` undefined = all. */
export type NextEntries = (behind: string, most: number) => Promise<IndexEntry[]>;

/**
 * A page of jobs by an index. Indexes are late by moments: an entry whose job has moved on is left out, and as many more are read as the
 * page lacks, so that a short page means that there are no more.
 */
export async function pageOfJobs(
  tables: Tables,
  params: {
    readonly next: NextEntries;
    readonly fits: (job: JobRecord) => boolean;
    readonly behind: string; // '' = from the beginning
    readonly offset: number;
    readonly limit: number;
  },
): Promise<JobRecord[]> {
  const { next, fits, limit } = params;
  const jobs: JobRecord[] = [];
  let { behind, offset } = params;
  while (jobs.length < limit) {
    const most = offset + limit - jobs.length;
    const found = await next(behind, most);
    const distinct = [...new Map(found.map((entry) => [entry.place, entry])).values()];
    const entries = distinct.sort((a, b) => compareCodePoints(a.place, b.place)).slice(0, most);
    const read = await readJobs(tables, entries.slice(offset));
    jobs.push(...read.filter(fits));
    const last = entries.at(-1);
    if (last === undefined || found.length < most) break;
    behind = last.place;
    offset = Math.max(0, offset - entries.length);
  }
  return jobs;
}

/** Jobs by their keys, in that order, without those that are gone. */
async function readJobs(tables: Tables, keys: readonly Key[]): Promise<JobRecord[]> {
  const items = await tables.getMany<JobItem>(tables.results, keys);
  return items.filter((item) => item !== null).map(jobOf);
}
