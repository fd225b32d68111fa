import { open, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { isYamlMap, toPlain } from '../core/config/yaml-value.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { plainLine } from './client/columns.ts';
import { InputError } from './client/failure.ts';
import { findLab } from './client/lab-client.ts';
import type { JobView } from './client/lab-client.ts';
import { allJobs } from './client/run-jobs.ts';
import { printJson, printLines } from './client/print.ts';

/** One job as `ls` shows it; a job without a summary has only its last log line. */
interface ListedJob {
  readonly id: string;
  readonly status: string | null;
  readonly owner: string | null;
  readonly description: string | null;
  readonly duration: number | null;
  readonly failureReason: string | null;
  readonly unfinished: string | null; // the last line of the log; null = the job has a summary
}

interface LsOptions {
  verbose: boolean;
  json: boolean;
  folder?: string;
}

/** `loligo ls RUN`: by the lab when it is a run name, by reading the files when it is a folder. Columns as the original prints them. */
export function command(): Command {
  return new Command('ls')
    .summary('list the jobs of a run or of an archive folder')
    .argument('<run>', 'archive folder of a run, or run name')
    .option('-v, --verbose', 'also the reasons of failures', false)
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'folder of the lab')
    .action(async (run: string, options: LsOptions) => {
      const jobs = (await isFolder(run)) ? await jobsOfFolder(run) : await jobsOfRun(run, options);
      if (options.json) await printJson(jobs);
      else await printLines(jobs.flatMap((job) => jobLines(job, options.verbose)));
    });
}

/** The lines of one job: `ID STATUS OWNER DESCRIPTION SECONDSs`, and with `verbose` the reason below it. */
export function jobLines(job: ListedJob, verbose: boolean): string[] {
  if (job.unfinished !== null) return [`${job.id}      ${plainLine(job.unfinished)}`];
  const seconds = `${job.duration === null ? '-' : Math.trunc(job.duration)}s`;
  const line = [job.id, job.status ?? 'None', job.owner ?? '-', job.description ?? '-', seconds].join(' ');
  const reason = verbose && job.failureReason !== null ? [`    ${plainLine(job.failureReason)}`] : [];
  return [plainLine(line), ...reason];
}

async function jobsOfRun(run: string, options: LsOptions): Promise<ListedJob[]> {
  if (run.includes('/')) throw new InputError(`there is no folder '${run}', and a run name has no '/'`);
  const jobs = await allJobs(findLab(options), run);
  return jobs.map(listed).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function listed(job: JobView): ListedJob {
  const over = job.finished_at !== null;
  return {
    id: String(job.job_id),
    status: job.status,
    owner: job.owner,
    description: job.description || null,
    duration: job.duration,
    failureReason: job.failure_reason,
    unfinished: over ? null : [job.status, job.why_waiting].filter((part) => part !== null).join(': '),
  };
}

async function jobsOfFolder(folder: string): Promise<ListedJob[]> {
  const ids = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).sort();
  return await Promise.all(ids.map((id) => jobOfFolder(join(folder, id), id)));
}

async function jobOfFolder(folder: string, id: string): Promise<ListedJob> {
  const empty = { id, status: null, owner: null, description: null, duration: null, failureReason: null };
  const text = await readFile(join(folder, 'summary.yaml'), 'utf8').catch(ignoreMissing);
  if (text === null) return { ...empty, unfinished: await lastLogLine(join(folder, 'teuthology.log')) };
  const summary = pyYaml.parse(text, join(folder, 'summary.yaml'));
  const plain = isYamlMap(summary) ? toPlain(summary) : {};
  const field = (key: string): unknown =>
    plain !== null && typeof plain === 'object' ? Reflect.get(plain, key) : null;
  const textOf = (key: string) =>
    field(key) === undefined || field(key) === null ? null : String(field(key));
  const duration = field('duration');
  return {
    ...empty,
    status: textOf('status') ?? verdict(field('success')),
    owner: textOf('owner'),
    description: textOf('description'),
    duration: typeof duration === 'number' ? duration : null,
    failureReason: textOf('failure_reason'),
    unfinished: null,
  };
}

function verdict(success: unknown): string | null {
  if (success === true) return 'pass';
  return success === false ? 'fail' : null;
}

const tailBytes = 64 * 1024;

async function lastLogLine(path: string): Promise<string> {
  const file = await open(path).catch(ignoreMissing);
  if (file === null) return '<no teuthology.log yet>';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tailBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n').at(-1) ?? '';
  } finally {
    await file.close();
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(ignoreMissing))?.isDirectory() ?? false;
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
