import type { RunRecord } from '../../core/ports/job-store.ts';
import { jobStatuses } from '../../core/results/job-state.ts';
import type { JobCounts, JobStatus } from '../../core/results/job-state.ts';
import { resultKeys } from './keys.ts';
import type { Item, Tables, Write } from './table.ts';

/**
 * A run as the table has it. Beside the fields of its record it counts its jobs by queue and status, an attribute each (see
 * `tallyName`), and bears the last changes of status. All of that moves by additions, which need no read before.
 */
export type RunItem = Item &
  Omit<RunRecord, 'counts'> & {
    readonly changes: readonly StatusChange[]; // the newest ones, numbered from `changesBefore` + 1
    readonly changesBefore: number; // how many are in chunks of their own
    readonly folded?: boolean; // its numbers are in those of the lab
  };

/** One change of status, short since each write of a run is paid by its size. */
export interface StatusChange {
  readonly j: number; // job id
  readonly s: JobStatus;
}

/** One job that goes from one status to another. */
export interface Move {
  readonly jobId: number;
  readonly queue: string;
  readonly from: JobStatus;
  readonly to: JobStatus;
}

const tallyPrefix = 'jobs ';

/** The attribute that counts the jobs of a queue in a status. */
export function tallyName(status: JobStatus, queue: string): string {
  return `${tallyPrefix}${status} ${queue}`;
}

/** What an item counts, by queue and status. */
export function tallyOf(item: object): { queue: string; status: JobStatus; count: number }[] {
  return Object.entries(item).flatMap(([name, value]) => {
    if (!name.startsWith(tallyPrefix)) return [];
    const [status = '', ...queue] = name.slice(tallyPrefix.length).split(' ');
    return [{ queue: queue.join(' '), status: status as JobStatus, count: Number(value) }];
  });
}

/** How many jobs of a run are in each status. */
export function countsOf(item: RunItem): JobCounts {
  const counts = Object.fromEntries(jobStatuses.map((status) => [status, 0])) as Record<JobStatus, number>;
  for (const { status, count } of tallyOf(item)) counts[status] += count;
  return counts;
}

/** Whether no job of the run can move any more. */
export function isOver(item: RunItem): boolean {
  const { queued, waiting, running } = countsOf(item);
  return item.closed && queued + waiting + running === 0;
}

/** The run without what belongs to the table. */
export function toRun(item: RunItem): RunRecord {
  const { name, suite, owner, machineType, seed, subset, noNestedSubset, sha1 } = item;
  const { submittedAt, updatedAt, closed } = item;
  const fields = { name, suite, owner, machineType, seed, subset, noNestedSubset, sha1 };
  return { ...fields, submittedAt, updatedAt, closed, counts: countsOf(item) };
}

/** The write that tells a run what became of some of its jobs. It needs no read: it adds and appends. */
export function moveJobs(
  tables: Tables,
  { run, moves, now }: { run: string; moves: readonly Move[]; now: number },
): Write {
  const deltas = new Map<string, number>();
  const add = (status: JobStatus, queue: string, by: number) => {
    const name = tallyName(status, queue);
    deltas.set(name, (deltas.get(name) ?? 0) + by);
  };
  for (const { queue, from, to } of moves) {
    add(from, queue, -1);
    add(to, queue, 1);
  }
  const added = additions(deltas);
  return {
    Update: {
      TableName: tables.results,
      Key: resultKeys.run(run),
      UpdateExpression: `SET #changes = list_append(#changes, :changes), #updatedAt = :now ${added.expression}`,
      ConditionExpression: added.enough,
      ExpressionAttributeNames: { ...added.names, '#changes': 'changes', '#updatedAt': 'updatedAt' },
      ExpressionAttributeValues: {
        ...added.values,
        ':changes': moves.map(({ jobId, to }): StatusChange => ({ j: jobId, s: to })),
        ':now': now,
      },
    },
  };
}

/** The parts of an update that adds to counters, and of the condition that none becomes negative. */
export function additions(deltas: ReadonlyMap<string, number>) {
  const moved = [...deltas].filter(([, by]) => by !== 0);
  const names = Object.fromEntries(moved.map(([name], index) => [`#n${index}`, name]));
  const values: Record<string, unknown> = {};
  const conditions = ['attribute_exists(pk)'];
  for (const [index, [, by]] of moved.entries()) {
    values[`:n${index}`] = by;
    if (by >= 0) continue;
    values[`:least${index}`] = -by;
    conditions.push(`#n${index} >= :least${index}`);
  }
  const expression =
    moved.length === 0 ? '' : `ADD ${moved.map((_, index) => `#n${index} :n${index}`).join(', ')}`;
  return { expression, enough: conditions.join(' AND '), names, values };
}
