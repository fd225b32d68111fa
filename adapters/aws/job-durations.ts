import { keptDurations } from '../../core/ports/job-durations.ts';
import type { JobDurations } from '../../core/ports/job-durations.ts';
import type { JobRecord } from '../../core/ports/job-store.ts';
import { durationKeys } from '../../core/scheduling/duration-keys.ts';
import { resultKeys } from './keys.ts';
import type { Item, Tables } from './table.ts';
import { putNext, transition } from './transition.ts';

interface DurationItem extends Item {
  readonly times: readonly (readonly [jobId: number, seconds: number])[]; // newest first
}

/** The times of jobs on DynamoDB, an item a key. One BatchGetItem for each hundred keys. */
export function dynamoJobDurations(tables: Tables): JobDurations {
  return {
    async recent(keys) {
      const wanted = keys.map((key) => resultKeys.duration(key));
      const items = await tables.getMany<DurationItem>(tables.results, wanted);
      const found = items.flatMap((item, index): [string, number[]][] =>
        item === null ? [] : [[keys[index] ?? '', item.times.map(([, seconds]) => seconds)]],
      );
      return new Map(found);
    },
  };
}

/**
 * See JobDurations. To be called when a job has passed or failed; one that is remembered already is left as it is. Two requests a key, and a
 * retry where jobs of one suite end at the same moment.
 */
export async function rememberDuration(tables: Tables, job: JobRecord): Promise<void> {
  const { startedAt, finishedAt, jobId } = job;
  if (job.status === 'dead' || startedAt === null || finishedAt === null) return;
  const seconds = Math.max(0, finishedAt - startedAt) / 1000;
  for (const key of durationKeys(job)) {
    await transition(tables, async (op) => {
      const place = resultKeys.duration(key);
      const before = await tables.get<DurationItem>(tables.results, place);
      const known = before?.times ?? [];
      if (known.some(([id]) => id === jobId)) return { result: undefined, writes: [] };
      const times = [[jobId, seconds] as const, ...known].slice(0, keptDurations);
      const item = { ...place, times };
      return { result: undefined, writes: [putNext<DurationItem>(tables.results, op, { item, before })] };
    });
  }
}
