import type { Database } from '../../adapters/embedded/database.ts';

/** A journal that the database writes in the same transactions as the changes themselves, and what it must show. */

/** Begins the journal. Triggers of the test's own: the stores know nothing of it. */
export function keepJournal(database: Database): void {
  const statements = [
    `create table journal (id integer primary key autoincrement, kind text not null, name text not null,
       was text, became text, fence integer, was_fence integer) strict`,
    `create trigger journal_nodes after update of lock_id, fence on nodes
       when old.lock_id is not new.lock_id or old.fence <> new.fence begin
       insert into journal (kind, name, was, became, fence, was_fence)
       values ('node', new.name, old.lock_id, new.lock_id, new.fence, old.fence); end`,
    `create trigger journal_jobs after update of status on jobs when old.status <> new.status begin
       insert into journal (kind, name, was, became, fence, was_fence)
       values ('job', new.job_id, old.status, new.status, new.fence, old.fence); end`,
  ];
  for (const statement of statements) database.run(statement);
}

interface Line {
  kind: 'node' | 'job';
  name: string;
  was: string | null;
  became: string | null;
  fence: number | null;
  was_fence: number | null;
}

/** Judges the journal and what is stored at the end: L1 and L3 for nodes, L4 for jobs, L2 and the counters for the end. */
export function judgeJournal(database: Database): string[] {
  const breaches: string[] = [];
  for (const line of database.all<Line>('select * from journal order by id')) {
    const found = line.kind === 'node' ? breachOfNode(line) : breachOfJob(line);
    if (found !== null) breaches.push(found);
  }
  return [...breaches, ...judgeTables(database)];
}

function breachOfNode(line: Line): string | null {
  const { name, was, became } = line;
  if (was !== null && became !== null && was !== became)
    return `L1: node ${name} went from ${was} to ${became} without being free between`;
  if (was === null && became !== null && (line.fence ?? 0) <= (line.was_fence ?? 0))
    return `L3: node ${name} was granted to ${became} with fence ${line.fence} after ${line.was_fence}`;
  return null;
}

const next: Readonly<Record<string, readonly string[]>> = {
  queued: ['waiting', 'dead'],
  waiting: ['queued', 'running', 'dead'],
  running: ['pass', 'fail', 'dead'],
};

function breachOfJob({ name, was, became }: Line): string | null {
  if (next[was ?? '']?.includes(became ?? '')) return null;
  return `L4: job ${name} went from ${was} to ${became}`;
}

function judgeTables(database: Database): string[] {
  const partly = database.all<{ job_id: number }>(
    `select job_id from jobs where status in ('waiting', 'running') and node_count <>
       (select count(*) from nodes where lock_job_id = job_id and nodes.fence = jobs.fence)`,
  );
  const strayed = database.all<{ name: string }>(
    `select name from nodes join jobs on job_id = lock_job_id where status not in ('waiting', 'running')`,
  );
  const miscounted = database.all<{ name: string }>(
    `select name from runs where (queued, waiting, running, pass, fail, dead) is not
       (select count(*) filter (where status = 'queued'), count(*) filter (where status = 'waiting'),
          count(*) filter (where status = 'running'), count(*) filter (where status = 'pass'),
          count(*) filter (where status = 'fail'), count(*) filter (where status = 'dead') from jobs where run = name)`,
  );
  return [
    ...partly.map(({ job_id: id }) => `L2: job ${id} does not hold all its nodes`),
    ...strayed.map(({ name }) => `L1: node ${name} is held for a job that is over`),
    ...miscounted.map(({ name }) => `L4: the counters of run ${name} are wrong`),
  ];
}
