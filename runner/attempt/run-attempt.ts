import { heldOnFailureMs } from '../../core/config/held-on-failure.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import type { Node } from '../../core/locks/node.ts';
import { shortname } from '../../core/config/targets.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { AttemptRef, JobOutcome, JobRecord, JobStore } from '../../core/ports/job-store.ts';
import type { Hold, Holds } from '../../core/ports/holds.ts';
import type { NodeEvidence, NodeFinding } from '../../core/ports/node-evidence.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { JobResult } from '../job/run-job.ts';
import { JobStoppedError } from '../engine/stop.ts';
import { keepLease, realSleep } from './keep-lease.ts';
import type { Lease, Sleep } from './keep-lease.ts';

/** The reason of a job whose process was told to end, when nobody asked that of the job. */
const stoppedFromOutside =
  'killed: its runner was told to end, since the lab was stopped or its machine is taken away';

export interface AttemptParams {
  readonly jobs: Pick<JobStore, 'getJob' | 'start' | 'renew' | 'handBack' | 'finish'>;
  readonly evidence: Pick<NodeEvidence, 'report'>;
  readonly holds: Pick<Holds, 'of'>;
  readonly attempt: AttemptRef;
  readonly nodes: readonly Node[];
  readonly runner: string; // who we are, as the launcher finds us
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborted when the process was asked to end, by a signal. */
  readonly asked: AbortSignal;
  /** Aborted when it was asked once more, by a second signal: even the unwinding is to end. */
  readonly askedAgain?: AbortSignal;
  readonly leaseMs: number;
  readonly renewEveryMs: number;
  readonly holdMs: number; // for jobs that keep their nodes after a failure
  readonly sleep?: Sleep; // default: the process's own timers
  /** Executes the job; what it rejects with makes the job dead. Nothing may be done to the nodes once `giveUp` is aborted. */
  readonly execute: (params: {
    record: JobRecord;
    signal: AbortSignal;
    giveUp: AbortSignal;
  }) => Promise<AttemptResult>;
}

/** What came out of a job, and the configuration that it ran with. */
export interface AttemptResult extends Pick<
  JobResult,
  'status' | 'failureReason' | 'nodesClean' | 'hosts' | 'began'
> {
  readonly durationSeconds: number | null;
  readonly config: YamlMap | null; // null = it could not be read
}

/**
 * `lost`: the attempt was no longer ours, at the start or at the end; whoever took it decides what becomes of the job. `back`: the
 * process was asked to end before the job's own tasks began, and the job waits for another attempt.
 */
export type AttemptEnd = JobResult['status'] | 'lost' | 'back';

/**
 * One attempt from `start` to `finish`, with its lease kept in between. Nothing is done to the nodes before `start` said that
 * they are ours, nor after the lease was lost (L3, L5).
 */
export async function runAttempt(params: AttemptParams): Promise<AttemptEnd> {
  const { jobs, attempt, clock, log } = params;
  const now = clock.now();
  if ((await jobs.start(attempt, { runner: params.runner, now })) === 'stale') {
    log.warn(`attempt ${attempt.fence} of ${attempt.run}/${attempt.jobId} is not ours to run`);
    return 'lost';
  }
  const lease = keepLease({ ...params, leaseUntil: now + params.leaseMs });
  try {
    const result = await executeKept(params, lease);
    if (lease.lost) return 'lost';
    if (mayGoBack(params, { lease, result })) return await handBack(params, { lease, result });
    await reportHosts(params, result);
    return await finish(params, {
      lease,
      outcome: outcomeOf(params, { lease, result, wish: await wishOf(params) }),
    });
  } finally {
    await lease.close();
  }
}

/** Whether nothing of the job itself has happened yet, and nobody wants the job to end but those who want this process to. */
function mayGoBack(
  { asked }: AttemptParams,
  { lease, result }: { lease: Lease; result: AttemptResult },
): boolean {
  return asked.aborted && lease.killed === null && result.status === 'dead' && !result.began;
}

async function handBack(
  params: AttemptParams,
  { lease, result: { nodesClean } }: { lease: Lease; result: AttemptResult },
): Promise<AttemptEnd> {
  return await stored(params, lease, {
    what: 'that the job is handed back',
    async store() {
      const now = params.clock.now();
      const done = await params.jobs.handBack(params.attempt, { actor: 'runner', nodesClean, now });
      return done === 'ok' ? 'back' : 'lost';
    },
  });
}

/**
 * Executes the job under a signal that tells why it must stop: a request in the store comes before the bare signal. What ends even the
 * unwinding has a signal of its own, since the first one carries only one reason.
 */
async function executeKept(params: AttemptParams, lease: Lease): Promise<AttemptResult> {
  const stop = new AbortController();
  const giveUp = AbortSignal.any([lease.gone, ...(params.askedAgain ? [params.askedAgain] : [])]);
  const onLease = () => stop.abort(lease.signal.reason);
  const onAsked = async () => {
    await lease.renew();
    stop.abort(new JobStoppedError('killed', stoppedFromOutside));
  };
  lease.signal.addEventListener('abort', onLease, { once: true });
  const asked = () => void onAsked();
  params.asked.addEventListener('abort', asked, { once: true });
  if (params.asked.aborted) await onAsked();
  try {
    const record = await params.jobs.getJob(params.attempt.run, params.attempt.jobId);
    if (record === null)
      throw new Error(`job ${params.attempt.run}/${params.attempt.jobId} is not in the store`);
    return await params.execute({ record, signal: stop.signal, giveUp });
  } catch (error) {
    const failureReason = `the runner failed: ${error instanceof Error ? error.message : String(error)}`;
    params.log.error(error instanceof Error ? (error.stack ?? failureReason) : failureReason);
    return {
      status: 'dead',
      failureReason,
      nodesClean: false,
      hosts: [],
      began: true, // as far as anybody knows
      durationSeconds: null,
      config: null,
    };
  } finally {
    lease.signal.removeEventListener('abort', onLease);
    params.asked.removeEventListener('abort', asked);
  }
}

/** Says what the job has found out about its nodes. Trouble in doing so is no failure of the job. */
async function reportHosts(params: AttemptParams, { hosts }: AttemptResult): Promise<void> {
  const findings = hosts.flatMap((finding): NodeFinding[] => {
    const named = params.nodes.filter((node) => shortname(node.name) === finding.host);
    const [node] = named;
    return node !== undefined && named.length === 1 ? [{ ...finding, node: node.name }] : [];
  });
  if (findings.length === 0) return;
  try {
    await params.evidence.report(params.attempt, findings, params.clock.now());
  } catch (error) {
    params.log.warn(`what the job found out about its nodes could not be stored: ${String(error)}`);
  }
}

function outcomeOf(
  params: AttemptParams,
  { lease, result, wish }: { lease: Lease; result: AttemptResult; wish: Hold | null },
): JobOutcome {
  const now = params.clock.now();
  // A request that came when the job was over already changes nothing.
  const killed = result.status === 'dead' ? lease.killed : null;
  const byItself = result.status !== 'pass' && killed === null && !params.asked.aborted;
  const ownMs = byItself ? heldOnFailureMs(result.config, params.holdMs) : null;
  const holdMs = wish === null ? ownMs : Math.max(wish.seconds * 1000, ownMs ?? 0);
  return {
    status: result.status,
    failureReason: result.failureReason ?? (result.status === 'pass' ? null : result.status),
    actor: killed?.actor ?? 'runner',
    durationSeconds: result.durationSeconds,
    nodesClean: result.nodesClean,
    now,
    ...(holdMs !== null && { holdNodesUntil: now + holdMs }),
  };
}

/** What somebody asked for the nodes when the job ends; a store that does not say it does not keep the job from ending. */
async function wishOf({ holds, attempt, log }: AttemptParams): Promise<Hold | null> {
  try {
    return await holds.of(attempt.run, attempt.jobId);
  } catch (error) {
    log.warn(`nobody can say whether the nodes of the job are to be held: ${String(error)}`);
    return null;
  }
}

async function finish(
  params: AttemptParams,
  { lease, outcome }: { lease: Lease; outcome: JobOutcome },
): Promise<AttemptEnd> {
  return await stored(params, lease, {
    what: `the outcome (${outcome.status})`,
    async store() {
      const done = await params.jobs.finish(params.attempt, outcome);
      return done === 'ok' ? outcome.status : 'lost';
    },
  });
}

/** A store that fails for a moment is asked again as long as the lease reaches; after that the sweeper ends the job. */
async function stored(
  params: AttemptParams,
  lease: Lease,
  { what, store }: { what: string; store: () => Promise<AttemptEnd> },
): Promise<AttemptEnd> {
  for (;;) {
    try {
      return await store();
    } catch (error) {
      params.log.warn(`${what} could not be stored: ${String(error)}`);
      if (!lease.valid) return 'lost';
      await (params.sleep ?? realSleep)(1000);
    }
  }
}
