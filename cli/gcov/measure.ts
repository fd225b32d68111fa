import { copyFile, link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import pLimit from 'p-limit';
import type { Lcov } from './lcov.ts';
import type { Notes } from './notes.ts';
import type { PairedJob, PlacedFile } from './pair.ts';
import { totalsOf, withSourcesOf } from './tracefile.ts';
import type { Totals } from './tracefile.ts';

/** One job's part of a report. */
interface JobCoverage extends Totals {
  readonly job: string;
}

/** What a run covered. */
export interface RunCoverage {
  readonly jobs: readonly JobCoverage[];
  readonly total: Totals;
}

/** What the headers of the system say is not about the code under test. */
const systemHeaders = '/usr/include/*';

/** Where the sum is, in the folder of the tracefiles. */
export const totalFile = 'total.lcov';

interface MeasureParams {
  readonly jobs: readonly PairedJob[];
  readonly notes: Notes;
  readonly source: string | null; // where sources are looked for before the place where the compiler read them
  readonly lcov: Lcov;
  readonly work: string; // an empty folder
  readonly output: string;
}

/**
 * Writes `base.lcov` (all notes, nothing executed), a `JOB.lcov` for each job and their sum `total.lcov` into `output`. Every file of
 * notes is read once, every counters file once; jobs are worked on at the same time, as many as the machine has cores.
 */
export async function measureRun(params: MeasureParams): Promise<RunCoverage> {
  const { notes, lcov, output } = params;
  const limit = pLimit(availableParallelism());
  const every = [...notes.values()].flat().map(({ file }, index) => ({ from: file, to: `${index}.gcno` }));
  const base = limit(() => capture(params, { name: 'base', files: every, initial: true }));
  const traces = params.jobs.map(({ job, files }) => limit(() => capture(params, { name: job, files })));
  // All are waited for, so that none writes any more when the first failure is told.
  const ended = await Promise.allSettled([base, ...traces]);
  const failed = ended.find((trace) => trace.status === 'rejected');
  if (failed) throw failed.reason;
  const tracefiles = ended.flatMap((trace) => (trace.status === 'fulfilled' ? [trace.value] : []));
  const total = join(output, totalFile);
  await lcov.add(tracefiles, total);
  const jobs = params.jobs.map(async ({ job }, index) => ({
    job,
    ...totalsOf(await readFile(tracefiles[index + 1] ?? '', 'utf8')),
  }));
  return { jobs: await Promise.all(jobs), total: totalsOf(await readFile(total, 'utf8')) };
}

async function capture(
  { lcov, source, work, output }: MeasureParams,
  of: { name: string; files: readonly PlacedFile[]; initial?: boolean },
): Promise<string> {
  const folder = join(work, of.name);
  const to = join(output, `${of.name}.lcov`);
  await placeAll(folder, of.files);
  await lcov.capture({ folder, to, initial: of.initial ?? false });
  // Several hosts and objects have records of the same source: adding makes one of them.
  await lcov.add([to], to);
  await lcov.remove(to, systemHeaders);
  if (source !== null) await writeFile(to, withSourcesOf(await readFile(to, 'utf8'), source));
  return to;
}

async function placeAll(folder: string, files: readonly PlacedFile[]): Promise<void> {
  for (const { from, to } of files) {
    const path = join(folder, to);
    await mkdir(dirname(path), { recursive: true });
    await link(from, path).catch(() => copyFile(from, path)); // on another file system, or not ours
  }
}
