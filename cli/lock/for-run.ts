import { setTimeout as sleep } from 'node:timers/promises';
import { jobRequirements, roleWishes } from '../../core/config/job-requirements.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import { leaseMs } from '../../core/operations/lab-ports.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { keepLease } from '../../runner/attempt/keep-lease.ts';
import type { Lease } from '../../runner/attempt/keep-lease.ts';
import type { LockMachines } from '../../runner/job/job-run.ts';
import { unpreparedProblem } from '../../runner/job/unprepared-nodes.ts';
import type { JobResult } from '../../runner/job/run-job.ts';
import { LabRefusedError, LabUnreachableError, apiPath } from '../client/lab-client.ts';
import type { LabClient, NodeView } from '../client/lab-client.ts';
import { askForLock } from './acts.ts';
import type { LockView } from './acts.ts';
import type { LabOfRun } from './lab-of-run.ts';
import { keepingLines } from './kept.ts';
import { nodeTargets } from './targets.ts';

/** The machines of a job that is run by hand, from being locked to being given back or handed over. */
export interface RunLock {
  readonly lockMachines: LockMachines;
  /** Aborted when the machines are no longer ours; the reason is the job's to end with. */
  readonly lost: AbortSignal;
  /**
   * After the job: gives the machines back when it passed, was stopped by hand, or says so; after a failure they become the owner's, for the
   * `hold_hours` of the job or without end. Prints what became of them. Never rejects: the lease ends what cannot be told.
   */
  settle(outcome: Pick<JobResult, 'status' | 'nodesClean'> & { asked: boolean }): Promise<void>;
}

/** The machines did not come. */
class LockMachinesError extends Error {
  override readonly name = 'LockMachinesError';
}

const renewEveryMs = 15_000;
const pollMs = 3000;

interface Params {
  readonly lab: LabOfRun;
  readonly config: YamlMap;
  readonly archiveFolder: string | null;
  readonly wait: boolean; // until there are enough machines
}

interface Held {
  readonly lock: LockView;
  readonly lease: Lease;
}

/** Prepares to lock machines for a job: as long as this process lives it renews their lease, and if it dies they come free. */
export function lockForRun(params: Params): RunLock {
  const { client } = params.lab;
  const lost = new AbortController();
  let held: Held | null = null;
  let uncertain: string | null = null; // a lock id that the lab may have granted without our hearing of it
  const noteId = (lockId: string | null) => {
    uncertain = lockId;
  };
  return {
    lost: lost.signal,
    async lockMachines({ log, signal }) {
      const lock = await getMachines(params, { log, signal, noteId });
      const lease = keepLock(client, { lockId: lock.lock_id, log });
      lease.signal.addEventListener('abort', () => lost.abort(lease.signal.reason), { once: true });
      held = { lock, lease };
      signal.throwIfAborted();
      const problem = unpreparedProblem(lock.nodes.map(kindOf), params.config);
      if (problem !== null) throw new LockMachinesError(problem);
      return nodeTargets(lock.nodes);
    },
    async settle(outcome) {
      try {
        if (held !== null) await settle(params, { held, outcome });
        else if (uncertain !== null) await release(client, uncertain, false);
      } catch (error) {
        if (held === null && error instanceof LabRefusedError) return; // it was never granted
        const why = error instanceof Error ? error.message : String(error);
        console.error(
          `the lab could not be told what becomes of the machines; their lease ends by itself: ${why}`,
        );
      }
    },
  };
}

function kindOf({ os_type: osType, os_version: osVersion, machine_type: machineType, ...node }: NodeView) {
  return { ...node, osType, osVersion, machineType };
}

async function getMachines(
  params: Params,
  task: { log: Logger; signal: AbortSignal; noteId: (lockId: string | null) => void },
): Promise<LockView> {
  const request = lockRequest(params);
  let lockId: string = crypto.randomUUID();
  let told = '';
  for (;;) {
    task.signal.throwIfAborted();
    task.noteId(lockId);
    try {
      return await askForLock(params.lab.client, lockId, request);
    } catch (error) {
      const taken = error instanceof LabRefusedError && error.status === 409;
      if (!taken && !(error instanceof LabUnreachableError)) throw error;
      if (!params.wait)
        throw taken
          ? new LockMachinesError(`not enough machines are available: ${error.message}`, { cause: error })
          : error;
      if (error.message !== told) task.log.info(`Could not lock enough machines, waiting: ${error.message}`);
      told = error.message;
      // What was refused is over; what may have been granted is asked for again.
      if (taken) lockId = crypto.randomUUID();
      if (taken) task.noteId(null);
    }
    await sleep(pollMs, undefined, { signal: task.signal });
  }
}

function lockRequest({ lab, config, archiveFolder }: Params): object {
  const wishes = jobRequirements(config);
  const { nodeCount, osType, osVersion, arch } = wishes;
  const roles = roleWishes(wishes, lab.machineType)?.map(({ role, ...wish }) => ({
    role,
    machine_type: wish.machineType,
    os_type: wish.osType,
    os_version: wish.osVersion,
    arch: wish.arch,
  }));
  const name = config.get('name');
  return {
    count: nodeCount,
    roles: roles ?? null,
    machine_type: lab.machineType,
    os_type: osType,
    os_version: osVersion,
    arch,
    owner: lab.onBehalf,
    description: archiveFolder ?? (typeof name === 'string' ? name : 'loligo run'),
    lease_seconds: leaseMs / 1000,
  };
}

/** Renews a lock as runners renew the leases of jobs; only the lab's own word, or the end of the lease, counts as its loss. */
function keepLock(client: LabClient, { lockId, log }: { lockId: string; log: Logger }): Lease {
  const clock = { now: () => Date.now() };
  return keepLease({
    jobs: {
      async renew() {
        try {
          await client.put(apiPath('locks', lockId, 'lease'), { seconds: leaseMs / 1000 });
          return { kind: 'ok' };
        } catch (error) {
          if (error instanceof LabRefusedError && error.status < 500) return { kind: 'stale' };
          throw error;
        }
      },
    },
    attempt: { run: '', jobId: 0, fence: 0 },
    leaseUntil: clock.now() + leaseMs,
    clock,
    log,
    renewEveryMs,
    leaseMs,
  });
}

async function settle(
  { lab, config }: Params,
  { held, outcome }: { held: Held; outcome: Parameters<RunLock['settle']>[0] },
): Promise<void> {
  const { lock, lease } = held;
  await lease.close();
  const names = lock.nodes.map((node: NodeView) => node.name).join(' ');
  if (lease.lost) {
    console.error(`${names}: the lock was lost`);
    return;
  }
  const keep = outcome.status !== 'pass' && !outcome.asked && config.get('unlock_on_failure') !== true;
  if (!keep) {
    await release(lab.client, lock.lock_id, outcome.nodesClean);
    console.error(`unlocked ${names}`);
    return;
  }
  const hours = config.get('hold_hours');
  const seconds = typeof hours === 'number' && hours > 0 ? hours * 3600 : null;
  await lab.client.put(apiPath('locks', lock.lock_id, 'lease'), { seconds });
  for (const line of keepingLines(lock, seconds)) console.error(line);
}

async function release(client: LabClient, lockId: string, clean: boolean): Promise<void> {
  await client.post(apiPath('locks', lockId, 'release'), { clean });
}
