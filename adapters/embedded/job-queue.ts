import type { JobWish } from '../../core/locks/match.ts';
import { RunClosedError, RunNotFoundError } from '../../core/ports/job-store.ts';
import type { JobStore, NewJob } from '../../core/ports/job-store.ts';
import type { Database } from './database.ts';
import { jobColumns, toJob } from './job-rows.ts';
import type { JobRow } from './job-rows.ts';

type Queue = Pick<JobStore, 'enqueue' | 'getJob' | 'listJobs' | 'queueHead' | 'queuedTypes' | 'setPriority'>;

/** The part of the job store that holds jobs and their order. */
export function sqliteQueue(database: Database): Queue {
  return {
    /** One transaction for the batch; two inserts a job and one update of the run. */
    async enqueue({ run, jobs, now }) {
      return database.transaction(() => enqueueBatch(database, { run, jobs, now }));
    },
    async getJob(run, jobId) {
      const row = database.get<JobRow>(
        `select ${jobColumns} from jobs where run = ? and job_id = ?`,
        run,
        jobId,
      );
      return row === null ? null : toJob(row);
    },
    async listJobs({ run, statuses, after, limit, offset }) {
      const conditions = ['true'];
      const values: (string | number)[] = [];
      if (run !== undefined) {
        conditions.push('run = ?');
        values.push(run);
      }
      if (after !== undefined) {
        conditions.push('job_id > ?');
        values.push(after);
      }
      if (statuses?.length === 1) {
        conditions.push('status = ?'); // this form, unlike the next, walks its index in id order
        values.push(statuses[0] ?? '');
      } else if (statuses !== undefined) {
        conditions.push('status in (select value from json_each(?))');
        values.push(JSON.stringify(statuses));
      }
      const where = conditions.join(' and ');
      const sql = `select ${jobColumns} from jobs where ${where} order by job_id limit ? offset ?`;
      return database.all<JobRow>(sql, ...values, limit, offset ?? 0).map(toJob);
    },
    /** One query: a range of the queue's primary key. What is left out costs a step in it, some tenths of a microsecond. */
    async queueHead(machineType, limit, after, without = { owners: [], wishes: [] }) {
      const ids = without.wishes.map((wish) => wishId(database, wish)).filter((id) => id !== null);
      return database
        .all<JobRow>(
          `select ${jobColumns} from queue cross join jobs using (job_id)
           where queue.machine_type = ? and (queue.priority, queue.job_id) > (?, ?)
             and queue.owner not in (select value from json_each(?))
             and queue.wish not in (select value from json_each(?))
           order by queue.priority, queue.job_id limit ?`,
          machineType,
          after?.priority ?? Number.MIN_SAFE_INTEGER,
          after?.jobId ?? 0,
          JSON.stringify(without.owners),
          JSON.stringify(ids),
          limit,
        )
        .map(toJob);
    },
    /** One step into the queue's primary key for each type; a plain `distinct` would read the whole queue. */
    async queuedTypes() {
      return database
        .all<{ type: string }>(
          `with recursive types (type) as (
             select min(machine_type) from queue
             union all select (select min(machine_type) from queue where machine_type > type) from types where type is not null
           ) select type from types where type is not null`,
        )
        .map((row) => row.type);
    },
    async setPriority({ run, jobId, priority, now }) {
      return database.transaction(() => {
        const changed = database.run(
          `update jobs set priority = ? where run = ? and job_id = ? and status = 'queued'`,
          priority,
          run,
          jobId,
        );
        if (changed === 0) return 'stale';
        database.run('update queue set priority = ? where job_id = ?', priority, jobId);
        database.run('update runs set updated_at = ? where name = ?', now, run);
        return 'ok';
      });
    },
  };
}

function enqueueBatch(
  database: Database,
  { run, jobs, now }: { run: string; jobs: readonly NewJob[]; now: number },
): number[] {
  const record = database.get<{ closed: number }>('select closed from runs where name = ?', run);
  if (record === null) throw new RunNotFoundError(run);
  let added = 0;
  const ids = jobs.map((job) => {
    const known = database.get<{ job_id: number }>(
      'select job_id from jobs where run = ? and key = ?',
      run,
      job.key,
    );
    if (known !== null) return known.job_id;
    if (record.closed === 1) throw new RunClosedError(run);
    added += 1;
    return insertJob(database, { run, job, now });
  });
  if (added > 0) {
    database.run('update runs set queued = queued + ?, updated_at = ? where name = ?', added, now, run);
  }
  return ids;
}

function insertJob(database: Database, { run, job, now }: { run: string; job: NewJob; now: number }): number {
  const row = database.get<{ job_id: number }>(
    `insert into jobs (run, key, description, machine_type, node_count, os_type, os_version, arch, priority, max_seconds,
       expires_at, config, role_wishes, submitted_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning job_id`,
    run,
    job.key,
    job.description,
    job.machineType,
    job.nodeCount,
    job.osType,
    job.osVersion,
    job.arch,
    job.priority,
    job.maxSeconds,
    job.expiresAt,
    job.config,
    roleWishesText(job),
    now,
  );
  if (row === null) throw new Error(`job '${job.key}' of run '${run}' got no id`);
  placeInQueue(database, { jobId: row.job_id, machineType: job.machineType, priority: job.priority });
  return row.job_id;
}

/** Puts a job into the queue of every machine type it accepts. Must be called in the transaction that makes it `queued`. */
export function placeInQueue(
  database: Database,
  job: { jobId: number; machineType: string; priority: number },
): void {
  database.run(
    `insert into wishes (wish) select ${wishOfJob} from jobs where job_id = ? on conflict (wish) do nothing`,
    job.jobId,
  );
  for (const machineType of new Set(job.machineType.split(',').map((type) => type.trim()))) {
    database.run(
      `insert into queue (machine_type, priority, job_id, owner, wish)
         select ?, ?, job_id, runs.owner, (select id from wishes where wish = ${wishOfJob})
         from jobs join runs on runs.name = jobs.run where job_id = ?`,
      machineType,
      job.priority,
      job.jobId,
    );
  }
}

/** What makes the wishes of two jobs the same, as the table of wishes has it. */
const wishOfJob = 'json_array(jobs.machine_type, node_count, os_type, os_version, arch, role_wishes)';

/** Null when no job of this lab has ever asked for that. */
function wishId(database: Database, wish: JobWish): number | null {
  const row = database.get<{ id: number }>(
    'select id from wishes where wish = json_array(?, cast(? as integer), ?, ?, ?, ?)',
    wish.machineType,
    wish.nodeCount,
    wish.osType,
    wish.osVersion,
    wish.arch,
    roleWishesText(wish),
  );
  return row?.id ?? null;
}

function roleWishesText({ roleWishes }: JobWish): string | null {
  return roleWishes === null ? null : JSON.stringify(roleWishes);
}

/** Takes a job out of every queue. Must be called in the transaction in which it stops being `queued`. */
export function takeFromQueue(database: Database, jobId: number): void {
  database.run('delete from queue where job_id = ?', jobId);
}
