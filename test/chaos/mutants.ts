import type { JobRecord, JobStore } from '../../core/ports/job-store.ts';
import type { NodeStore } from '../../core/ports/node-store.ts';
import type { Database } from '../../adapters/embedded/database.ts';
import { workerRunnerPrefix } from '../../core/ports/workers.ts';
import { isFinal } from '../../core/results/job-state.ts';
import type { DatabaseMutation, Mutation } from './world.ts';

/** Stores that break one law each. `database` is a connection of the mutant's own to the same file. */
export const mutants = {
  'a claim that does not look at nodes first': (database) =>
    onJobs((jobs) => ({
      claim: async (params) => {
        for (const name of params.nodes.slice(0, 1))
          database.run(
            `update nodes set state = 'free', lock_id = null, lock_job_id = null, lock_run = null
             where name = ? and state = 'locked'`,
            name,
          );
        return jobs.claim(params);
      },
    })),
  'a claim whose fence does not grow': (database) =>
    onJobs((jobs) => ({
      async claim(params) {
        const result = await jobs.claim(params);
        if (result.kind === 'refused') return result;
        const fence = Math.max(1, result.attempt.fence - 1);
        database.transaction(() => {
          database.run('update jobs set fence = ? where job_id = ?', fence, params.jobId);
        });
        const nodes = result.nodes.map((node) => ({ ...node, lock: node.lock && { ...node.lock, fence } }));
        return { ...result, attempt: { ...result.attempt, fence }, nodes };
      },
    })),
  'a finish that takes an old fence': (database) =>
    onJobs((jobs) => ({
      finish: async (attempt, outcome) => jobs.finish(lastAttempt(database, attempt), outcome),
    })),
  'a release that forgets a node': (database) =>
    onJobs((jobs) => ({
      async finish(attempt, outcome) {
        const [held] = database.all<{ name: string }>(
          'select name from nodes where lock_job_id = ?',
          attempt.jobId,
        );
        const done = await jobs.finish(attempt, outcome);
        if (done === 'ok' && held !== undefined)
          database.run(
            `update nodes set state = 'locked', lock_id = 'forgotten' where name = ? and state <> 'locked'`,
            held.name,
          );
        return done;
      },
    })),
  'counters that do not move': (database) =>
    onJobs((jobs) => ({
      async finish(attempt, outcome) {
        const before = database.get<Record<string, number>>('select * from runs where name = ?', attempt.run);
        const done = await jobs.finish(attempt, outcome);
        if (before !== null)
          database.run(
            'update runs set running = ?, pass = ?, fail = ?, dead = ? where name = ?',
            before['running'] ?? 0,
            before['pass'] ?? 0,
            before['fail'] ?? 0,
            before['dead'] ?? 0,
            attempt.run,
          );
        return done;
      },
    })),
  'a lease that anybody renews': (database) =>
    onJobs((jobs) => ({
      async renew(attempt, params) {
        const result = await jobs.renew(lastAttempt(database, attempt), params);
        return result.kind === 'stale' ? { kind: 'ok' } : result;
      },
    })),
  'a lock of people that anybody renews': () =>
    onNodes((nodes) => ({
      async renew(lockId, params) {
        await nodes.renew(lockId, params);
        return 'ok';
      },
    })),
  'a sweep that ends live jobs': () =>
    onJobs((jobs) => ({
      listJobs: async (filter) => (await jobs.listJobs(filter)).map(withoutLease),
      finish: async (attempt, outcome) =>
        jobs.finish(attempt, { ...outcome, ifLeaseEndedBefore: Number.MAX_SAFE_INTEGER }),
    })),
  'a second runner that may start': (database) =>
    onJobs((jobs) => ({
      async start(attempt, params) {
        const done = await jobs.start(lastAttempt(database, attempt), params);
        return done;
      },
    })),
  'an outcome that may change': (database) =>
    onJobs((jobs) => ({
      async finish(attempt, outcome) {
        const done = await jobs.finish(attempt, outcome);
        if (done === 'stale' && outcome.ifLeaseEndedBefore === undefined)
          database.run(
            'update jobs set actor = ? where job_id = ? and finished_at is not null',
            outcome.actor,
            attempt.jobId,
          );
        return done;
      },
    })),
  'nodes that are never cleaned': () =>
    onJobs((jobs) => ({
      finish: async (attempt, outcome) => jobs.finish(attempt, { ...outcome, nodesClean: true }),
    })),
  'a cleaner whose fence is not looked at': (database) =>
    onNodes((nodes) => ({
      async cleaned(params) {
        const row = database.get<{ fence: number }>('select fence from nodes where name = ?', params.name);
        database.run(
          `update nodes set state = 'cleaning' where name = ? and state in ('dirty', 'quarantined')`,
          params.name,
        );
        return nodes.cleaned({ ...params, fence: row?.fence ?? params.fence });
      },
    })),
  'a claim of a part of the nodes': (database) =>
    onJobs((jobs) => ({
      async claim(params) {
        const result = await jobs.claim(params);
        const last = params.nodes.at(-1);
        if (result.kind === 'claimed' && params.nodes.length > 1 && last !== undefined)
          database.run(
            `update nodes set state = 'free', lock_id = null, lock_job_id = null, lock_run = null
             where name = ? and state = 'locked'`,
            last,
          );
        return result;
      },
    })),
  'a job that is lost from the queue': (database) =>
    onJobs((jobs) => ({
      async unclaim(attempt, now) {
        const done = await jobs.unclaim(attempt, now);
        database.run('delete from queue where job_id = ?', attempt.jobId);
        return done;
      },
    })),
  'a queue that forgets big jobs': () =>
    onJobs((jobs) => ({
      async queueHead(machineType, limit, after) {
        return (await jobs.queueHead(machineType, limit, after)).filter((job) => job.nodeCount < 3);
      },
    })),
  'a runner that is believed to live for ever': () =>
    onJobs((jobs) => ({
      listJobs: async (filter) =>
        (await jobs.listJobs(filter)).map((job) => ({
          ...job,
          runner: null,
          leaseUntil: job.leaseUntil && job.leaseUntil + 3_600_000,
          maxSeconds: job.maxSeconds + 3600,
        })),
    })),
  'a finish that ends what has started': () =>
    onJobs((jobs) => ({
      finish: async (attempt, outcome) => jobs.finish(attempt, { ...outcome, ifNotStarted: false }),
    })),
  'a claim that tells of fewer nodes than it took': () =>
    onJobs((jobs) => ({
      async claim(params) {
        const result = await jobs.claim(params);
        return result.kind === 'claimed' ? { ...result, nodes: result.nodes.slice(1) } : result;
      },
    })),
  'a sweep that sees no running job': () =>
    onJobs((jobs) => ({
      listJobs: async (filter) => (await jobs.listJobs(filter)).filter((job) => job.status !== 'running'),
    })),
  'a pause that nobody minds': () => (stores) => ({
    ...stores,
    pauses: { ...stores.pauses, list: async () => [] },
  }),
  'a lease of workers that is not kept': () =>
    onDoor((jobs) => ({
      async renew(attempt) {
        const job = await jobs.getJob(attempt.run, attempt.jobId);
        return job?.fence === attempt.fence && !isFinal(job.status) ? { kind: 'ok' } : { kind: 'stale' };
      },
    })),
  'workers without names': () =>
    onDoor((jobs) => ({
      start: (attempt, params) => jobs.start(attempt, { ...params, runner: `${workerRunnerPrefix}pool` }),
    })),
  'workers that are looked for beside the lab': () => (stores, kind) =>
    kind !== 'lab'
      ? stores
      : onJobs((jobs) => ({
          listJobs: async (filter) =>
            (await jobs.listJobs(filter)).map((job) => ({
              ...job,
              runner: job.runner?.replace(workerRunnerPrefix, '') ?? null,
            })),
        }))(stores, kind),
  'mail that is noted and not sent': () => (stores) => ({
    ...stores,
    reports: { ...stores.reports, marks: async () => new Set(['results']) },
  }),
} as const satisfies Record<string, (database: Database) => Mutation>;

/** What all stores stand on, broken. */
export const databaseMutants = {
  'a transaction that is not undone': (database) => ({
    ...database,
    transaction<T>(body: () => T): T {
      const done = database.transaction(() => {
        try {
          return { value: body() };
        } catch (error) {
          return { error };
        }
      });
      if ('error' in done) throw done.error;
      return done.value;
    },
  }),
} as const satisfies Record<string, DatabaseMutation>;

export type Mutant = keyof typeof mutants | keyof typeof databaseMutants;

/** All of them, by name. */
export const mutantNames = [...Object.keys(mutants), ...Object.keys(databaseMutants)] as Mutant[];

function onJobs(change: (jobs: JobStore) => Partial<JobStore>): Mutation {
  return (stores) => ({ ...stores, jobs: { ...stores.jobs, ...change(stores.jobs) } });
}

/** What a lab does for workers alone. */
function onDoor(change: (jobs: JobStore) => Partial<JobStore>): Mutation {
  return (stores, kind) => (kind === 'door' ? onJobs(change)(stores, kind) : stores);
}

function onNodes(change: (nodes: NodeStore) => Partial<NodeStore>): Mutation {
  return (stores) => ({ ...stores, nodes: { ...stores.nodes, ...change(stores.nodes) } });
}

function lastAttempt<Ref extends { jobId: number; fence: number }>(database: Database, attempt: Ref): Ref {
  const row = database.get<{ fence: number | null }>(
    'select fence from jobs where job_id = ?',
    attempt.jobId,
  );
  return { ...attempt, fence: row?.fence ?? attempt.fence };
}

function withoutLease(job: JobRecord): JobRecord {
  return { ...job, leaseUntil: job.leaseUntil === null ? null : 1 };
}
