/**
 * The keys of the two tables, and all the ways in which they are read. Every item has `pk` and `sk`; `version` grows with each
 * change of an item, and `op` names the call that made the last one.
 *
 * | table   | item               | pk                 | sk             | read by                                             |
 * | ------- | ------------------ | ------------------ | -------------- | --------------------------------------------------- |
 * | nodes   | node               | `INVENTORY#SHARD`  | `NODE#NAME`    | name (get), in the order of names (one query a shard) |
 * | nodes   | fence of a removed | `INVENTORY#SHARD`  | `RETIRED#NAME` | name, when the node comes back                      |
 * | nodes   | grant to a person  | `GRANT#LOCKID`     | `GRANT`        | lock id                                             |
 * | nodes   | event              | `HISTORY#NAME`     | version        | name, newest first                                  |
 * | nodes   | evidence           | `EVIDENCE#NAME`    | `EVIDENCE`     | name                                                |
 * | results | run                | `RUN#NAME`         | `RUN`          | name                                                |
 * | results | list of runs       | `RUNS`             | time, name     | newest first                                        |
 * | results | job                | `JOB#ID`           | `JOB`          | id; the four indexes below                          |
 * | results | job key            | `KEYS#RUN#SHARD`   | `KEY#KEY`      | run and key: what makes a repeated submission harmless; all of a run |
 * | results | changes of status  | `CHANGES#RUN`      | last number    | from a number on; the newest are in the run itself   |
 * | results | open run           | `OPENRUNS`         | name           | all of them                                          |
 * | results | sum of what is over | `TOTAL`           | `JOBS`         | the item itself                                      |
 * | results | job id counter     | `COUNTER`          | `JOBS`         | the counter itself                                  |
 * | results | queues in use      | `QUEUES`           | `LISTS`        | the item itself                                     |
 * | results | wish to hold       | `HOLDS`            | id, run        | job, all of them                                    |
 * | results | submission         | `SUBMISSION#KEY`   | `SUBMISSION`   | idempotency key; goes a week after its answer        |
 * | results | open submission    | `OPEN`             | time, key      | oldest first                                        |
 * | results | times of jobs      | `DURATION#KEY`     | `DURATION`     | key: machine types with a description or a suite     |
 * | results | pause of a queue   | `PAUSES`           | machine type   | all of them, machine type                            |
 * | results | report on a run    | `REPORT#RUN`       | `REPORT`       | run                                                  |
 * | results | mark of a report   | `REPORT#RUN`       | `MARK#WHAT`    | run                                                  |
 * | results | open report        | `REPORTS`          | time, run      | oldest first                                         |
 * | results | token              | `TOKENS`           | id             | id, all of them                                      |
 * | results | worker that waits  | `WAITING#TYPE`     | ticket         | machine type                                         |
 * | results | audit record       | `AUDIT`, `AUDIT#ACTOR#A`, `AUDIT#SUBJECT#S` | time | newest first, of all, an actor, a subject |
 *
 * | index of results | partition                | sort                 | holds                                        |
 * | ---------------- | ------------------------ | -------------------- | -------------------------------------------- |
 * | `queue`          | machine types and shard  | priority, then id    | queued jobs only: the attributes go with the state |
 * | `by-run`         | run and shard            | id                   | every job, with its status                   |
 * | `by-status`      | status and shard         | id                   | every job                                    |
 * | `expiring`       | shard                    | time, then id        | queued jobs that expire                      |
 *
 * No partition grows hot: a node's is chosen by its name, a job's is its own, and each index partition is one of `shards`, by the
 * job's id, so that neither 100,000 jobs of one run nor of one machine type meet at one key. The only item that many share is
 * their run, because its counters and the order of its changes move with them in one transaction. What is written there is added
 * and appended without a read, so that only calls which overlap try again; enqueue, kill and expiry bring it up to 99 jobs at once.
 * The numbers of the whole lab take no part in that: those of a run are added to them when it is over.
 */

/** Over how many partitions the inventory and each index are spread. Changing it needs a new table. */
export const shards = 4;

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** The order of numbers as text. Negative ones come first; all safe integers have their place. */
export function sortable(value: number): string {
  return value < 0
    ? `-${String(Number.MAX_SAFE_INTEGER + value).padStart(16, '0')}`
    : `0${String(value).padStart(16, '0')}`;
}

export const nodeKeys = {
  inventory: (shard: number): string => `INVENTORY#${shard}`,
  node: (name: string): Key => ({ pk: nodeKeys.inventory(shardOf(name)), sk: `NODE#${name}` }),
  /** The sort keys right behind that of a node ('': before the first), and behind those of all nodes. */
  behindNode: (name: string): string => `NODE#${name}\0`,
  behindNodes: 'NODE$',
  retired: (name: string): Key => ({ pk: nodeKeys.inventory(shardOf(name)), sk: `RETIRED#${name}` }),
  grant: (lockId: string): Key => ({ pk: `GRANT#${lockId}`, sk: 'GRANT' }),
  history: (name: string): string => `HISTORY#${name}`,
  evidence: (name: string): Key => ({ pk: `EVIDENCE#${name}`, sk: 'EVIDENCE' }),
  event: (name: string, version: number): Key => ({ pk: nodeKeys.history(name), sk: sortable(version) }),
} as const;

export const resultKeys = {
  run: (name: string): Key => ({ pk: `RUN#${name}`, sk: 'RUN' }),
  runs: 'RUNS',
  listedRun: (name: string, submittedAt: number): Key => ({
    pk: 'RUNS',
    sk: `${sortable(submittedAt)}#${name}`,
  }),
  job: (jobId: number): Key => ({ pk: `JOB#${jobId}`, sk: 'JOB' }),
  jobKeys: (run: string, shard: number): string => `KEYS#${run}#${shard}`,
  jobKey: (run: string, key: string): Key => ({
    pk: resultKeys.jobKeys(run, shardOf(key)),
    sk: `KEY#${key}`,
  }),
  changes: (run: string, last: number): Key => ({ pk: `CHANGES#${run}`, sk: sortable(last) }),
  openRuns: 'OPENRUNS',
  openRun: (run: string): Key => ({ pk: 'OPENRUNS', sk: run }),
  total: { pk: 'TOTAL', sk: 'JOBS' } satisfies Key,
  counter: { pk: 'COUNTER', sk: 'JOBS' } satisfies Key,
  queues: { pk: 'QUEUES', sk: 'LISTS' } satisfies Key,
  holds: 'HOLDS',
  hold: (run: string, jobId: number): Key => ({ pk: 'HOLDS', sk: `${sortable(jobId)}#${run}` }),
  submission: (key: string): Key => ({ pk: `SUBMISSION#${key}`, sk: 'SUBMISSION' }),
  openSubmissions: 'OPEN',
  openSubmission: (key: string, at: number): Key => ({ pk: 'OPEN', sk: `${sortable(at)}#${key}` }),
  duration: (key: string): Key => ({ pk: `DURATION#${key}`, sk: 'DURATION' }),
  pauses: 'PAUSES',
  pause: (machineType: string): Key => ({ pk: 'PAUSES', sk: `QUEUE#${machineType}` }),
  report: (run: string): Key => ({ pk: `REPORT#${run}`, sk: 'REPORT' }),
  reportMark: (run: string, what: string): Key => ({ pk: `REPORT#${run}`, sk: `MARK#${what}` }),
  openReports: 'REPORTS',
  openReport: (run: string, at: number): Key => ({ pk: 'REPORTS', sk: `${sortable(at)}#${run}` }),
  tokens: 'TOKENS',
  token: (id: string): Key => ({ pk: 'TOKENS', sk: id }),
  waiting: (machineType: string): string => `WAITING#${machineType}`,
  waiter: (machineType: string, ticket: string): Key => ({ pk: `WAITING#${machineType}`, sk: ticket }),
  audit: (filter: { actor?: string | undefined; subject?: string | undefined }): string => {
    if (filter.subject !== undefined) return `AUDIT#SUBJECT#${filter.subject}`;
    return filter.actor === undefined ? 'AUDIT' : `AUDIT#ACTOR#${filter.actor}`;
  },
} as const;

/** The partitions of the indexes, each for one shard. */
export const partitions = {
  queue: (types: string, shard: number): string => `${types}#${shard}`,
  byRun: (run: string, shard: number): string => `${run}#${shard}`,
  byStatus: (status: string, shard: number): string => `${status}#${shard}`,
  expiring: (shard: number): string => String(shard),
} as const;

/** The index partitions that a lookup has to ask: one for each shard. */
export function allShards(): number[] {
  return Array.from({ length: shards }, (_, shard) => shard);
}

export function shardOfJob(jobId: number): number {
  return jobId % shards;
}

function shardOf(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % shards;
}
