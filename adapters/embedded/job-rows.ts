import type { RoleWish } from '../../core/locks/match.ts';
import type { AttemptRef, JobRecord, RunRecord } from '../../core/ports/job-store.ts';
import type { JobStatus } from '../../core/results/job-state.ts';
import type { Database } from './database.ts';

export interface RunRow {
  name: string;
  suite: string;
  owner: string;
  machine_type: string;
  seed: number | null;
  subset: string | null;
  no_nested_subset: number;
  sha1: string | null;
  submitted_at: number;
  updated_at: number;
  closed: number;
  queued: number;
  waiting: number;
  running: number;
  pass: number;
  fail: number;
  dead: number;
}

/** A run as the domain knows it. */
export function toRun(row: RunRow): RunRecord {
  const { queued, waiting, running, pass, fail, dead } = row;
  return {
    name: row.name,
    suite: row.suite,
    owner: row.owner,
    machineType: row.machine_type,
    seed: row.seed,
    subset: row.subset,
    noNestedSubset: row.no_nested_subset === 1,
    sha1: row.sha1,
    submittedAt: row.submitted_at,
    updatedAt: row.updated_at,
    closed: row.closed === 1,
    counts: { queued, waiting, running, pass, fail, dead },
  };
}

/** Every column of a job and the owner of its run; `jobs` must be in the query's FROM. */
export const jobColumns = 'jobs.*, (select owner from runs where runs.name = jobs.run) as owner';

export interface JobRow {
  job_id: number;
  run: string;
  key: string;
  owner: string;
  description: string;
  machine_type: string;
  node_count: number;
  os_type: string | null;
  os_version: string | null;
  arch: string | null;
  priority: number;
  max_seconds: number;
  status: JobStatus;
  attempt: number;
  fence: number | null;
  nodes: string;
  lease_until: number | null;
  runner: string | null;
  kill_actor: string | null;
  kill_reason: string | null;
  kill_at: number | null;
  submitted_at: number;
  started_at: number | null;
  finished_at: number | null;
  duration_seconds: number | null;
  failure_reason: string | null;
  actor: string | null;
  config: string;
  expires_at: number | null;
  role_wishes: string | null; // JSON
}

/** A job as the domain knows it. */
export function toJob(row: JobRow): JobRecord {
  return {
    run: row.run,
    jobId: row.job_id,
    key: row.key,
    owner: row.owner,
    description: row.description,
    machineType: row.machine_type,
    nodeCount: row.node_count,
    osType: row.os_type,
    osVersion: row.os_version,
    arch: row.arch,
    roleWishes: row.role_wishes === null ? null : (JSON.parse(row.role_wishes) as RoleWish[]),
    priority: row.priority,
    maxSeconds: row.max_seconds,
    expiresAt: row.expires_at,
    config: row.config,
    status: row.status,
    attempt: row.attempt,
    fence: row.fence,
    nodes: JSON.parse(row.nodes) as string[],
    leaseUntil: row.lease_until,
    runner: row.runner,
    killRequested: killRequest(row),
    submittedAt: row.submitted_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    durationSeconds: row.duration_seconds,
    failureReason: row.failure_reason,
    actor: row.actor,
  };
}

/** The request that somebody made to end the job, or null. */
export function killRequest(row: Pick<JobRow, 'kill_actor' | 'kill_reason' | 'kill_at'>) {
  if (row.kill_at === null) return null;
  return { actor: row.kill_actor ?? '', reason: row.kill_reason ?? '', at: row.kill_at };
}

/** The job, if this attempt is its latest. */
export function currentAttempt(database: Database, attempt: AttemptRef): JobRow | null {
  return database.get<JobRow>(
    `select ${jobColumns} from jobs where run = ? and job_id = ? and fence = ?`,
    attempt.run,
    attempt.jobId,
    attempt.fence,
  );
}
