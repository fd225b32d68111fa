import type { JobCounts, JobStatus, FinalStatus } from '../results/job-state.ts';
import type { JobWish, RoleWish } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';

/**
 * Runs, jobs and the queue. Each method is one atomic transition; its doc says what a second call does.
 * Times are epoch milliseconds given by the caller, never the store's own clock.
 */
export interface JobStore {
  /** Adds a run. A second call with the same name changes nothing and says `exists`. */
  createRun(run: NewRun): Promise<'created' | 'exists'>;
  /** Declares that no more jobs will be enqueued into the run. A second call changes nothing. */
  closeRun(run: string, now: number): Promise<void>;
  getRun(run: string): Promise<RunRecord | null>;
  /** Newest first. With `after` the runs behind that one; a page costs its own length, however far it is into the list. */
  listRuns(page: Page & { readonly after?: RunPlace }): Promise<RunRecord[]>;

  /**
   * Adds jobs to the queue in order. A job whose `key` the run already has is not added again: its first id is returned,
   * so that a repeated submission is harmless. Throws RunNotFoundError, and RunClosedError for a new key in a closed run;
   * nothing is added then.
   */
  enqueue(params: { run: string; jobs: readonly NewJob[]; now: number }): Promise<number[]>;
  getJob(run: string, jobId: number): Promise<JobRecord | null>;
  /** In id order, optionally of some statuses. With `after` the jobs with greater ids, at the cost of the page. */
  listJobs(
    filter: { run?: string; statuses?: readonly JobStatus[]; after?: number } & Page,
  ): Promise<JobRecord[]>;
  /**
   * The queued jobs that accept a machine type (alone or in a list) in the order in which they are served: priority (lower
   * first), then id. `after` gives the next page: the jobs behind that place. `without` leaves jobs out, who cost no reading where the
   * store can tell them by their entries in the queue.
   */
  queueHead(
    machineType: string,
    limit: number,
    after?: QueuePlace,
    without?: QueueExclusion,
  ): Promise<JobRecord[]>;
  /** The machine types that queued jobs accept, in code-point order; those of a list one by one. */
  queuedTypes(): Promise<string[]>;

  /**
   * Gives a queued job all its nodes or none (L1, L2): job to `waiting`, every node locked for it with a new fence and a
   * lease, in ONE transaction. Refused, with nothing changed, when the job is no longer queued, any node is not free,
   * their number is not the job's, or its time is over. A second call is refused: the job has left the queue.
   */
  claim(params: {
    run: string;
    jobId: number;
    nodes: readonly string[];
    leaseUntil: number;
    now: number;
  }): Promise<ClaimResult>;
  /**
   * Undoes a claim whose runner never started: job back to `queued` in its old place, nodes free. A job that somebody asked to
   * end becomes `dead` instead. `stale` for an old fence or a started job; a second call is `ok` until the job is claimed again.
   * With `blameless` the claim is not counted as an attempt of the job.
   */
  unclaim(attempt: AttemptRef, now: number, options?: { readonly blameless?: boolean }): Promise<Transition>;
  /**
   * Gives back what a runner has started and must leave before it began the job's own tasks: job to `queued` in its old place, as if it
   * had not been claimed, nodes to `free` (clean) or `dirty`. A job that somebody asked to end becomes `dead` instead. `stale` for an
   * old fence and for a job that is not running; a second call is `ok` until the job is claimed again.
   */
  handBack(attempt: AttemptRef, params: HandBack): Promise<Transition>;
  /**
   * `waiting` to `running`: from here the attempt has effects and is not repeated, unless its runner hands it back. `runner` says where it runs (for liveness
   * checks). A second call of the same runner is `ok`; a second runner of the attempt is `stale` and must end (L5).
   */
  start(attempt: AttemptRef, params: { runner: string; now: number }): Promise<Transition>;
  /** Sets the lease of the job and all its nodes; the last call wins. `stale` when the attempt no longer holds them: the runner must stop at once. `killed` asks it to stop; the lease is extended so that it can unwind. */
  renew(attempt: AttemptRef, params: { leaseUntil: number; now: number }): Promise<RenewResult>;
  /**
   * Ends an attempt: final status, counters of the run, and every node to `free` (clean) or `dirty`, in one transaction.
   * A second call with the same status and actor is `ok` and changes nothing; one that says otherwise is `stale`, as is an old
   * fence: the first outcome stands (L4).
   */
  finish(attempt: AttemptRef, outcome: JobOutcome): Promise<Transition>;
  /**
   * Asks that jobs end: queued ones become `dead` at once, claimed ones get `killRequested` and end through their runner.
   * Final ones and those asked already are left alone. Returns the ids touched, in order. Many jobs of a run may take several
   * transactions; a call that is cut short is made again.
   */
  kill(params: {
    run: string;
    jobId?: number;
    actor: string;
    reason: string;
    now: number;
  }): Promise<number[]>;
  /**
   * Ends the queued jobs whose time (`expiresAt`) is over: `dead`, with a reason that names it, the counters moved with them.
   * Claimed ones are left alone. A second call changes nothing. Returns the ids touched, in order. Many jobs may take several
   * transactions.
   */
  expireQueued(params: { now: number; actor: string }): Promise<number[]>;
  /** Changes the place of a queued job; `stale` once it has left the queue. */
  setPriority(params: { run: string; jobId: number; priority: number; now: number }): Promise<Transition>;
  /** Claimed jobs (`waiting`, `running`) whose lease ended before `now`. */
  expired(now: number): Promise<JobRecord[]>;
}

export interface Page {
  readonly limit: number;
  readonly offset?: number;
}

/** A place in the list of runs: newest first, and by name where several came at once. */
export interface RunPlace {
  readonly submittedAt: number;
  readonly name: string;
}

/** A place in the queue of a machine type. */
export interface QueuePlace {
  readonly priority: number;
  readonly jobId: number;
}

/** The jobs that a reader of the queue has seen enough of. */
export interface QueueExclusion {
  readonly owners: readonly string[]; // all of theirs
  readonly wishes: readonly JobWish[]; // those that ask for exactly the same
}

export interface NewRun {
  readonly name: string;
  readonly suite: string; // with ':' for '/'; '' for single jobs
  readonly owner: string;
  readonly machineType: string;
  readonly seed: number | null;
  readonly subset: string | null; // 'M/N'
  readonly noNestedSubset: boolean;
  readonly sha1: string | null; // of the suite source
  readonly now: number;
}

export interface RunRecord extends Omit<NewRun, 'now'> {
  readonly submittedAt: number;
  readonly updatedAt: number;
  readonly closed: boolean; // all jobs enqueued
  readonly counts: JobCounts;
}

export interface NewJob {
  readonly key: string; // unique within the run
  readonly description: string;
  readonly machineType: string; // one type, or several separated by commas: all that its nodes may be of
  readonly nodeCount: number;
  readonly osType: string | null;
  readonly osVersion: string | null;
  readonly arch: string | null;
  /** What the node of each entry of `roles` must be, in their order; null = all of them what is said above. */
  readonly roleWishes: readonly RoleWish[] | null;
  readonly priority: number; // lower is sooner
  readonly maxSeconds: number; // the deadline of one attempt
  readonly expiresAt: number | null; // epoch ms from which it may not start any more; null = never
  readonly config: string; // the job's YAML
}

export interface JobRecord extends NewJob {
  readonly run: string;
  readonly jobId: number; // unique in the lab, growing
  readonly owner: string; // of the run
  readonly status: JobStatus;
  readonly attempt: number; // how many claims count, the present one included
  readonly fence: number | null; // of the last claim
  readonly nodes: readonly string[]; // of the last claim
  readonly leaseUntil: number | null; // null unless claimed
  readonly runner: string | null;
  readonly killRequested: KillRequest | null;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly durationSeconds: number | null; // the summary's
  readonly failureReason: string | null;
  readonly actor: string | null; // who ended a dead job: runner, sweeper, or a person
}

export interface KillRequest {
  readonly actor: string;
  readonly reason: string;
  readonly at: number;
}

/** One try of a job: only the holder of this fence may act for it (L3). */
export interface AttemptRef {
  readonly run: string;
  readonly jobId: number;
  readonly fence: number;
}

export type Transition = 'ok' | 'stale';

export type RenewResult =
  | { readonly kind: 'ok' }
  | { readonly kind: 'killed'; readonly request: KillRequest }
  | { readonly kind: 'stale' };

export type ClaimResult =
  | {
      readonly kind: 'claimed';
      readonly attempt: AttemptRef;
      readonly attemptNumber: number;
      readonly nodes: readonly Node[];
    } // nodes in the order asked for
  | { readonly kind: 'refused'; readonly reason: string };

export interface JobOutcome {
  readonly status: FinalStatus;
  readonly failureReason: string | null; // never null for dead
  readonly actor: string;
  readonly durationSeconds: number | null;
  readonly nodesClean: boolean; // false = every node must be cleaned before its next use (L8)
  /** Hand the nodes to the owner of the run until then, as they are, under the lock id `hold:RUN/JOB`. */
  readonly holdNodesUntil?: number | null; // epoch ms; null = do not
  /** Only when the lease ended before this: `stale` when it has been renewed meanwhile. For the sweeper. */
  readonly ifLeaseEndedBefore?: number; // epoch ms
  /** Only while its runner has not started: `stale` once it has. For whoever ends a claim that came to nothing. */
  readonly ifNotStarted?: boolean;
  readonly now: number;
}

export interface HandBack {
  readonly actor: string; // who gives the nodes back
  readonly nodesClean: boolean;
  readonly now: number;
}

/** Thrown when a run that must exist does not. */
export class RunNotFoundError extends Error {
  override readonly name = 'RunNotFoundError';
  readonly run: string;
  constructor(run: string) {
    super(`no run named '${run}'`);
    this.run = run;
  }
}

/** Thrown when a job is added to a run that has been closed. */
export class RunClosedError extends Error {
  override readonly name = 'RunClosedError';
  readonly run: string;
  constructor(run: string) {
    super(`run '${run}' takes no more jobs`);
    this.run = run;
  }
}
