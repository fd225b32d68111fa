import { lstat, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { JobStatus } from '../../core/results/job-state.ts';
import { pruningOf } from '../../core/results/retention.ts';
import type { Pruning, Retention } from '../../core/results/retention.ts';
import { compressible, compressLog, mayCompress } from './compressed-log.ts';

/** How a job ended, by the records of a lab; `unknown` = they do not have it, and the files must tell. */
export type JobEnd = { readonly status: JobStatus; readonly endedAt: number } | 'unknown';

/** Something that was taken away or made smaller, or would be. */
export interface Pruned {
  readonly path: string; // below the archive: RUN/JOB, RUN/JOB/remote, RUN/JOB/data, or the log that was compressed
  readonly act: 'removed' | 'compressed';
  readonly why: string;
}

const keepFile = '.preserve';
const aside = '.pruned-';

/**
 * Takes out of an archive folder what has had its time, and compresses old logs. Folders with a file `.preserve` in the run or the job, symbolic links, and
 * jobs that are not over stay; a job that neither the records nor a summary tell the end of is not over. With `dryRun` it only tells.
 * `announce` is told before anything goes. The folder of a job is moved aside first, so that a pass that was cut short leaves no half of
 * one to be seen, and is finished by the next.
 */
export async function* pruneArchive(params: {
  folder: string;
  retention: Retention;
  now: number; // epoch ms
  dryRun: boolean;
  endOf: (run: string, jobId: number) => Promise<JobEnd>;
  announce?: (pruned: Pruned) => Promise<void>;
}): AsyncGenerator<Pruned> {
  for (const run of await foldersIn(params.folder)) {
    const runFolder = join(params.folder, run);
    if (await exists(join(runFolder, keepFile))) continue;
    for (const name of await foldersIn(runFolder)) {
      if (name.startsWith(aside) && !params.dryRun) await remove(join(runFolder, name));
      const folder = join(runFolder, name);
      if (!/^\d+$/.test(name) || (await exists(join(folder, keepFile)))) continue;
      const recorded = await params.endOf(run, Number(name));
      const job = recorded === 'unknown' ? await endByFiles(folder) : recorded;
      const pruning = pruningOf(job, params.retention, params.now);
      const age = Math.floor((params.now - job.endedAt) / 86_400_000);
      for (const { part, act } of await partsOf(folder, pruning)) {
        const pruned = {
          path: join(run, name, part).replace(/\/$/, ''),
          act,
          why: `${job.status} ${age} days ago`,
        };
        if (!params.dryRun) {
          await params.announce?.(pruned);
          if (act === 'compressed') await compressLog(join(folder, part));
          else await removePart(folder, part);
        }
        yield pruned;
      }
    }
  }
}

/** What there is in the folder of a job of what has had its time; '' is the folder itself. */
async function partsOf(
  folder: string,
  pruning: readonly Pruning[],
): Promise<{ part: string; act: Pruned['act'] }[]> {
  if (pruning.includes('job')) return [{ part: '', act: 'removed' }];
  const gone = pruning.includes('remotes') ? await present(folder, ['remote', 'data']) : [];
  const log =
    pruning.includes('log') && (await mayCompress(join(folder, compressible))) ? [compressible] : [];
  return [
    ...gone.map((part) => ({ part, act: 'removed' }) as const),
    ...log.map((part) => ({ part, act: 'compressed' }) as const),
  ];
}

async function removePart(folder: string, part: string): Promise<void> {
  const doomed = join(folder, '..', `${aside}${basename(folder)}`);
  if (part === '') await rename(folder, doomed);
  await remove(part === '' ? doomed : join(folder, part));
}

async function endByFiles(folder: string): Promise<{ status: JobStatus | null; endedAt: number }> {
  const path = join(folder, 'summary.yaml');
  const [text, found] = await Promise.all([
    readFile(path, 'utf8').catch(ignoreMissing),
    lstat(path).catch(ignoreMissing),
  ]);
  if (text === null || found === null) return { status: null, endedAt: 0 };
  const said = /^status: *['"]?(pass|fail|dead)['"]?\s*$/m.exec(text)?.[1];
  const success = /^success: *(true|false)\s*$/m.exec(text)?.[1];
  const status = said ?? (success === undefined ? null : success === 'true' ? 'pass' : 'fail');
  return { status: status as JobStatus | null, endedAt: found.mtimeMs };
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function present(folder: string, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(names.map(async (name) => await exists(join(folder, name))));
  return names.filter((_, index) => found[index]);
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(ignoreMissing)) !== null;
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
