import { DatabaseSync } from 'node:sqlite';
import { isFinal } from '../../core/results/job-state.ts';
import type { JobStatus } from '../../core/results/job-state.ts';
import { attemptId, breach } from './model.ts';
import type { JobModel, Model } from './model.ts';

/** What the database itself says, read by SQL of the checker's own. */
export interface Snapshots {
  /** Compares nodes and unfinished jobs with the model: L1, L2, L4. */
  compare(model: Model, at: number): void;
  /** Compares everything, finished jobs and counters of runs included. Grows with the number of jobs. */
  compareAll(model: Model, at: number): void;
  close(): void;
}

interface NodeLine {
  name: string;
  state: string;
  lock_id: string | null;
  lock_run: string | null;
  lock_job_id: number | null;
  fence: number;
}

interface JobLine {
  job_id: number;
  status: JobStatus;
  fence: number | null;
  nodes: string;
  actor: string | null;
  failure_reason: string | null;
  queues: number; // in how many queues it stands
}

const jobLines = `select job_id, status, fence, nodes, actor, failure_reason,
  (select count(*) from queue where queue.job_id = jobs.job_id) as queues from jobs`;

const recount = `select runs.name, queued, waiting, running, pass, fail, dead,
  (select json_group_object(status, n) from (select status, count(*) as n from jobs where run = runs.name group by status))
  as recounted from runs`;

/** Opens a connection of its own to the lab's database. */
export function openSnapshots(file: string): Snapshots {
  const database = new DatabaseSync(file, { readOnly: true });
  const nodes = database.prepare('select name, state, lock_id, lock_run, lock_job_id, fence from nodes');
  const live = database.prepare(`${jobLines} where status in ('queued', 'waiting', 'running')`);
  const all = database.prepare(jobLines);
  const counts = database.prepare(recount);
  const compareNodes = (model: Model, at: number) => {
    const lines = nodes.all() as unknown as NodeLine[];
    for (const line of lines) compareNode(model, line, at);
    for (const job of model.jobs.values()) {
      if (!isFinal(job.status)) compareHolding(model, { job, lines, at });
    }
  };
  return {
    compare(model, at) {
      compareNodes(model, at);
      const lines = live.all() as unknown as JobLine[];
      compareJobs(model, {
        lines,
        at,
        expected: [...model.jobs.values()].filter((job) => !isFinal(job.status)),
      });
    },
    compareAll(model, at) {
      compareNodes(model, at);
      const lines = all.all() as unknown as JobLine[];
      compareJobs(model, { lines, at, expected: [...model.jobs.values()] });
      for (const line of counts.all() as Record<string, unknown>[]) compareCounts(model, line, at);
    },
    close: () => database.close(),
  };
}

function compareNode(model: Model, line: NodeLine, at: number): void {
  const node = model.nodes.get(line.name);
  const found = (law: string, text: string) => breach(model, { law, at, text, nodes: [line.name] });
  if (node === undefined) return found('L1', `node ${line.name} is in the database and was never registered`);
  const believed = node.grant?.lockId ?? null;
  const stored = storedLock(line);
  if (stored !== believed)
    found('L1', `node ${line.name} is stored as held by ${stored}; by the answers ${believed} holds it`);
  else if (line.state !== node.state)
    found('L8', `node ${line.name} is stored as ${line.state}; by the answers it is ${node.state}`);
  else if (line.fence !== node.fence)
    found('L3', `node ${line.name} has fence ${line.fence}; the last answer said ${node.fence}`);
}

/** How the model names the lock of a row: a job's by its attempt. */
function storedLock(line: NodeLine): string | null {
  if (line.lock_job_id === null) return line.lock_id;
  return attemptId({ jobId: line.lock_job_id, fence: line.fence });
}

/** A job holds all its nodes or none, and none while it waits for others (L2). */
function compareHolding(
  model: Model,
  { job, lines, at }: { job: JobModel; lines: readonly NodeLine[]; at: number },
): void {
  const held = lines.filter((line) => line.lock_job_id === job.jobId).map((line) => line.name);
  const due = job.status === 'queued' ? [] : [...job.nodes];
  if (held.sort().join() === due.sort().join()) return;
  const text = `job ${job.jobId} is ${job.status} and holds ${held.join() || 'nothing'}, not ${due.join() || 'nothing'}`;
  breach(model, { law: 'L2', at, text, job, nodes: [...held, ...due] });
}

function compareJobs(
  model: Model,
  { lines, expected, at }: { lines: readonly JobLine[]; expected: readonly JobModel[]; at: number },
): void {
  const stored = new Map(lines.map((line) => [line.job_id, line]));
  for (const job of expected) {
    const line = stored.get(job.jobId);
    const found = (law: string, text: string) => breach(model, { law, at, text, job });
    if (line?.status !== job.status) {
      found(
        'L4',
        `job ${job.jobId} is stored as ${line?.status ?? 'gone or over'}; by the answers it is ${job.status}`,
      );
      continue;
    }
    if (line.fence !== job.fence)
      found('L3', `job ${job.jobId} has fence ${line.fence}; its last claim said ${job.fence}`);
    if (job.status === 'dead' && !(line.actor && line.failure_reason))
      found('L4', `job ${job.jobId} is dead by '${line.actor}' because of '${line.failure_reason}'`);
    if (isFinal(job.status) && line.actor !== job.actor)
      found('L4', `job ${job.jobId} was ended by '${line.actor}'; the first to end it was '${job.actor}'`);
    const queues = job.status === 'queued' ? new Set(job.machineType.split(',')).size : 0;
    if (line.queues !== queues)
      found('L9', `job ${job.jobId} is ${job.status} and stands in ${line.queues} queues, not ${queues}`);
  }
  if (lines.length > expected.length)
    breach(model, { law: 'L4', at, text: `${lines.length} jobs are stored, ${expected.length} are known` });
}

function compareCounts(model: Model, line: Record<string, unknown>, at: number): void {
  const recounted = JSON.parse(String(line['recounted'])) as Record<string, number>;
  for (const status of ['queued', 'waiting', 'running', 'pass', 'fail', 'dead']) {
    if (line[status] === (recounted[status] ?? 0)) continue;
    const text = `run ${String(line['name'])} counts ${String(line[status])} jobs ${status}, it has ${recounted[status] ?? 0}`;
    breach(model, { law: 'L4', at, text });
  }
}
