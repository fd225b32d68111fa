import type { Archive } from '../ports/archive.ts';
import { RunNotFoundError } from '../ports/job-store.ts';
import type { JobRecord, JobStore, RunRecord } from '../ports/job-store.ts';
import { lastBacktrace } from '../results/backtrace.ts';
import { clusterFailures } from '../results/cluster-failures.ts';
import type { FailureCluster } from '../results/cluster-failures.ts';
import type { JobStatus } from '../results/job-state.ts';
import type { ResultJob, ResultRun } from '../results/result-job.ts';

export interface ResultsPorts {
  readonly jobs: JobStore;
  readonly archive: Archive;
  readonly pageUrl: (run: string, jobId?: number) => string | null; // where people look at it; null = nowhere
}

/** What reports of a run are made of. */
export interface RunResults {
  readonly record: RunRecord;
  readonly run: ResultRun;
  readonly jobs: readonly ResultJob[]; // in id order
}

const pageSize = 1000;

/** Reads a run and all its jobs as they are now. Costs the length of the run. Throws RunNotFoundError. */
export async function runResults(ports: ResultsPorts, name: string): Promise<RunResults> {
  const record = await ports.jobs.getRun(name);
  if (record === null) throw new RunNotFoundError(name);
  const jobs: ResultJob[] = [];
  for await (const job of jobsOf(ports.jobs, name)) jobs.push(resultJob(ports, job));
  return { record, run: resultRun(ports, record), jobs };
}

/** The jobs of a run in id order, page by page; optionally of some statuses. */
async function* jobsOf(
  jobs: JobStore,
  run: string,
  statuses?: readonly JobStatus[],
): AsyncGenerator<JobRecord> {
  for (let after = 0; ;) {
    const page = await jobs.listJobs({ run, limit: pageSize, after, ...(statuses && { statuses }) });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = last.jobId;
  }
}

const tailBytes = 256 * 1024;
const mostLogs = 200; // beyond them, reasons alone tell

/** The failures of a run by their likely cause. Reads the ends of the logs of at most 200 failed jobs, for their backtraces. */
export async function runFailures(
  { archive }: Pick<ResultsPorts, 'archive'>,
  { run, jobs }: Pick<RunResults, 'run' | 'jobs'>,
): Promise<readonly FailureCluster[]> {
  const failed = jobs.filter((job) => job.status === 'fail' || job.status === 'dead');
  const withTraces = [];
  for (const [index, job] of failed.entries()) {
    const backtrace = index < mostLogs ? await backtraceOf(archive, { ...job, run: run.name }) : null;
    withTraces.push({ ...job, backtrace });
  }
  return clusterFailures(withTraces);
}

/** The last backtrace in the end of a job's log; null when there is none. Costs one read of 256 KiB. */
export async function backtraceOf(
  archive: Archive,
  { run, jobId }: { readonly run: string; readonly jobId: number },
): Promise<string | null> {
  return lastBacktrace(await tailOf(archive, `${run}/${jobId}/teuthology.log`));
}

async function tailOf(archive: Archive, path: string): Promise<string> {
  const size = (await archive.read(path, { start: 0, end: 0 }))?.size ?? 0;
  const part = await archive.read(path, { start: Math.max(0, size - tailBytes), end: size });
  if (part === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of part.content) text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}

function resultRun(ports: ResultsPorts, { name, suite, submittedAt }: RunRecord): ResultRun {
  return {
    name,
    suite,
    submittedAt,
    infoUrl: ports.pageUrl(name),
    logUrl: folderUrl(ports.archive.url(name)),
  };
}

function resultJob(ports: ResultsPorts, job: JobRecord): ResultJob {
  return {
    jobId: job.jobId,
    status: job.status,
    description: job.description,
    durationSeconds: job.durationSeconds,
    failureReason: job.failureReason,
    infoUrl: ports.pageUrl(job.run, job.jobId),
    logUrl: job.attempt === 0 ? null : folderUrl(ports.archive.url(`${job.run}/${job.jobId}`)), // it left nothing
  };
}

function folderUrl(url: string | null): string | null {
  return url === null ? null : `${url}/`;
}

/** The jobs of a run that did not pass and are not among `known`. */
export async function unreportedFailures(
  jobs: JobStore,
  run: string,
  known: ReadonlySet<number>,
): Promise<JobRecord[]> {
  const found: JobRecord[] = [];
  for await (const job of jobsOf(jobs, run, ['fail', 'dead'])) if (!known.has(job.jobId)) found.push(job);
  return found;
}
