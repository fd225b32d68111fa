import type { YamlMap } from '../config/yaml-value.ts';
import type { NewJob, RunRecord } from '../ports/job-store.ts';
import type { YamlCodec } from '../ports/yaml-codec.ts';
import { expiryOf } from './expire-time.ts';
import { submittedJob } from './job-document.ts';
import type { LabPorts } from './lab-ports.ts';
import { machineTypes } from '../locks/match.ts';
import { pokeTypes } from './poke-types.ts';
import { runName } from './run-name.ts';
import { openRun } from './submission.ts';
import type { SubmissionContext } from './submission.ts';
import type { SubmittedRun } from './submit-job.ts';
import { checkSuiteLimits } from './suite-limits.ts';

export interface SuiteSubmission {
  readonly suite: string;
  readonly name: string | null; // of the run; null = made from its parts
  readonly branch: string;
  readonly kernel: string; // '-' = none
  readonly flavor: string;
  readonly machineType: string;
  readonly priority: number;
  readonly seed: number;
  readonly subset: string | null; // 'M/N'
  readonly noNestedSubset: boolean;
  readonly sha1: string | null; // of the suite source
  readonly copies: number; // of every job
  readonly limit: number; // of jobs before copying; 0 = all
  readonly maxSeconds: number; // for jobs that name no deadline
  readonly forcePriority: boolean;
  readonly jobThreshold: number; // 0 = any number of jobs
  /**
   * The jobs, merged and filtered, in order; they are taken one at a time, and each call starts anew. It is given the seed that
   * counts: that of the first try when a submission is resumed.
   */
  readonly expand: (seed: number) => AsyncIterable<ExpandedSuiteJob>;
}

export interface ExpandedSuiteJob {
  readonly description: string;
  readonly config: YamlMap;
}

export type SubmitSuitePorts = Pick<LabPorts, 'clock' | 'jobs' | 'wakeups'> & { readonly yaml: YamlCodec };

const usualBatch = 500;

/** Where to stop for now, and where an earlier call stopped. */
export interface SuiteSlice {
  readonly from: number; // the first job of the expansion that is not queued yet, copies not counted; 0 = the beginning
  /** Asked after each batch, with how many jobs this call has queued: whether to go on. */
  readonly mayGoOn: (queued: number) => boolean;
  readonly batch?: number; // jobs that are queued at once, at least; default 500
}

export interface QueuedSlice extends SubmittedRun {
  readonly seed: number;
  readonly next: number | null; // `from` of the next call; null = the suite is queued to its end
}

/**
 * Queues the jobs of a suite as one run, in batches. The suite is expanded twice: once to see that it can be expanded to its end and
 * keeps the limits, so that a refused submission leaves nothing behind, and once to queue its jobs; memory does not grow
 * with their number. Made again with `resumed` and the same time it goes on where it was cut short. A suite without jobs makes no run. Throws RunTooBigError,
 * RunExistsError, RunNameError, ExpireTimeError, and what `expand` throws.
 */
export async function submitSuite(
  ports: SubmitSuitePorts,
  submission: SuiteSubmission,
  context: SubmissionContext,
): Promise<SubmittedRun & { readonly seed: number }> {
  const { next: _, ...submitted } = await submitSlice(ports, submission, context, {
    from: 0,
    mayGoOn: () => true,
  });
  return submitted;
}

/**
 * Like `submitSuite`, for whoever has not the time for all of a big suite: stops when it is told to, and says where. The slices of a
 * suite are queued with the same submission and context, one after the other; one that comes twice adds no job twice, since a
 * job's place is its key. The first looks through the whole suite; each expands it up to its own end. The run takes jobs until its last slice.
 */
export async function submitSlice(
  ports: SubmitSuitePorts,
  submission: SuiteSubmission,
  context: SubmissionContext,
  slice: SuiteSlice,
): Promise<QueuedSlice> {
  const name = submission.name ?? runName({ ...submission, user: context.owner, now: context.now });
  const resumed = context.resumed || slice.from > 0;
  const earlier = resumed ? await ports.jobs.getRun(name) : null;
  const seed = earlier?.seed ?? submission.seed;
  if (slice.from === 0) {
    const count = await surveySuite(submission, seed, ({ config }) => void expiryOf(config, context.now));
    if (count === 0) return { run: name, jobIds: [], seed, next: null };
  }
  const record = { ...submission, name, seed, suite: submission.suite.replaceAll('/', ':') };
  const run = await openRun(ports, record, { ...context, resumed });
  const jobs = limited(submission.expand(seed), submission.limit);
  const queued = await endOnFailure(ports, run, () => enqueueAll(ports, { submission, run, jobs, slice }));
  if (queued.next === null) await ports.jobs.closeRun(name, context.now);
  await pokeTypes(ports, submission.machineType);
  return { run: name, seed, ...queued };
}

/**
 * Expands a suite without queueing anything and returns how many jobs there are, copies not counted. Throws RunTooBigError as
 * soon as there are more than the limits allow, and what `expand` throws.
 */
export async function surveySuite(
  submission: Pick<
    SuiteSubmission,
    'expand' | 'limit' | 'copies' | 'priority' | 'forcePriority' | 'jobThreshold'
  >,
  seed: number,
  onJob: (job: ExpandedSuiteJob) => void = () => {},
): Promise<number> {
  let count = 0;
  for await (const job of limited(submission.expand(seed), submission.limit)) {
    count += 1;
    checkSuiteLimits(count * submission.copies, submission);
    onJob(job);
  }
  return count;
}

async function* limited(
  jobs: AsyncIterable<ExpandedSuiteJob>,
  limit: number,
): AsyncGenerator<ExpandedSuiteJob> {
  let taken = 0;
  for await (const job of jobs) {
    yield job;
    taken += 1;
    if (taken === limit) return;
  }
}

async function enqueueAll(
  ports: SubmitSuitePorts,
  params: {
    submission: SuiteSubmission;
    run: RunRecord;
    jobs: AsyncIterable<ExpandedSuiteJob>;
    slice: SuiteSlice;
  },
): Promise<Pick<QueuedSlice, 'jobIds' | 'next'>> {
  const { submission, run, slice } = params;
  const jobIds: number[] = [];
  let batch: NewJob[] = [];
  let index = 0;
  const flush = async () => {
    jobIds.push(...(await ports.jobs.enqueue({ run: run.name, jobs: batch, now: ports.clock.now() })));
    const types = new Set(batch.flatMap((job) => machineTypes(job.machineType)));
    batch = [];
    await pokeTypes(ports, [...types].join());
  };
  for await (const expanded of orBroken(params.jobs)) {
    if (index < slice.from) {
      index += 1;
      continue;
    }
    if (batch.length >= (slice.batch ?? usualBatch)) {
      await flush();
      if (!slice.mayGoOn(jobIds.length)) return { jobIds, next: index };
    }
    const job = submittedJob(ports.yaml, { ...submission, ...expanded, run });
    for (let copy = 0; copy < submission.copies; copy++) batch.push({ ...job, key: `${index}.${copy}` });
    index += 1;
  }
  if (batch.length > 0) await flush();
  return { jobIds, next: null };
}

/** The suite broke while it was expanded, as opposed to the store that its jobs go into. */
class BrokenSuite extends Error {
  override readonly name = 'BrokenSuite';
}

async function* orBroken(jobs: AsyncIterable<ExpandedSuiteJob>): AsyncGenerator<ExpandedSuiteJob> {
  try {
    yield* jobs;
  } catch (cause) {
    throw new BrokenSuite('a suite could not be expanded to its end', { cause });
  }
}

/**
 * A run of which only a part could be queued is ended, so that nobody mistakes it for the whole. A failure of the store itself
 * is not the suite's fault: the run stays open and the submission can be resumed.
 */
async function endOnFailure<T>(ports: SubmitSuitePorts, run: RunRecord, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof BrokenSuite)) throw error;
    const { cause } = error;
    const reason = `${error.message}: ${cause instanceof Error ? cause.message : String(cause)}`;
    const now = ports.clock.now();
    await ports.jobs.kill({ run: run.name, actor: 'submission', reason, now });
    await ports.jobs.closeRun(run.name, now);
    throw cause;
  }
}
