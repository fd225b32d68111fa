import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pLimit from 'p-limit';
import type { ArchivedRun } from './archived-run.ts';

/** A file of gcov that a job left in the archive, and its copy here. */
export interface FetchedFile {
  readonly path: string; // below remote/, without the end .gz
  readonly copy: string;
}

/** What one job counted. */
export interface JobCounters {
  readonly job: string;
  readonly counters: readonly FetchedFile[]; // .gcda
  readonly notes: readonly FetchedFile[]; // .gcno
}

const atOnce = 8;

/** Copies the counters of every job below `folder/JOB`, as the job's archive has them under `remote/HOST/coverage`; jobs without any are left out. */
export async function fetchCounters(run: ArchivedRun, folder: string): Promise<JobCounters[]> {
  const limit = pLimit(atOnce);
  const jobs = await Promise.all(
    run.jobs.map(async (job) => {
      const paths = await limit(() => coverageFiles(run, job));
      const fetched = await Promise.all(
        paths.map((path) => limit(() => fetchFile({ run, job, path, folder: join(folder, job) }))),
      );
      return {
        job,
        counters: fetched.filter(({ path }) => path.endsWith('.gcda')),
        notes: fetched.filter(({ path }) => path.endsWith('.gcno')),
      };
    }),
  );
  return jobs.filter(({ counters }) => counters.length > 0);
}

async function coverageFiles(run: ArchivedRun, job: string): Promise<string[]> {
  const hosts = await run.list(job, 'remote');
  const found = hosts
    .filter(({ kind }) => kind === 'folder')
    .map((host) => filesBelow(run, job, `remote/${host.name}/coverage`));
  return (await Promise.all(found)).flat().filter((path) => /\.gc(da|no)(\.gz)?$/.test(path));
}

async function filesBelow(run: ArchivedRun, job: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, kind } of await run.list(job, folder)) {
    const path = `${folder}/${name}`;
    if (kind === 'file') found.push(path);
    else found.push(...(await filesBelow(run, job, path)));
  }
  return found;
}

async function fetchFile(params: {
  run: ArchivedRun;
  job: string;
  path: string;
  folder: string;
}): Promise<FetchedFile> {
  const { run, job, folder } = params;
  const path = params.path.replace(/^remote\//, '').replace(/\.gz$/, '');
  const copy = join(folder, path);
  await mkdir(dirname(copy), { recursive: true });
  const content = await run.read(job, params.path);
  const unpack = params.path.endsWith('.gz') ? [createGunzip()] : [];
  await pipeline([Readable.from(content), ...unpack, createWriteStream(copy)]);
  return { path, copy };
}
