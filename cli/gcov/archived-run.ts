import { basename, dirname, resolve } from 'node:path';
import { fileArchive } from '../../adapters/embedded/file-archive.ts';
import { jobsOfFolder } from '../client/archive-jobs.ts';
import { InputError } from '../client/failure.ts';
import { archivePathOf } from '../client/follow-log.ts';
import type { LabClient } from '../client/lab-client.ts';
import { allFiles, allJobs } from '../client/every-page.ts';

/** The archive of one run, wherever it is read. */
export interface ArchivedRun {
  readonly name: string;
  readonly jobs: readonly string[]; // ids
  list(job: string, folder: string): Promise<readonly { name: string; kind: 'file' | 'folder' }[]>;
  read(job: string, path: string): Promise<AsyncIterable<Uint8Array>>;
}

/** A run's folder in an archive, or the folder of one job. */
export async function runOfFolder(folder: string): Promise<ArchivedRun> {
  const path = resolve(folder);
  const whole = await jobsOfFolder(path);
  const single =
    whole.length === 0 &&
    (await fileArchive({ folder: path, baseUrl: null }).read('teuthology.log', { start: 0, end: 0 })) !==
      null;
  const jobs = single ? [basename(path)] : whole.map(({ id }) => id);
  const archive = fileArchive({ folder: single ? dirname(path) : path, baseUrl: null });
  return {
    name: basename(single ? dirname(path) : path),
    jobs,
    list: (job, below) => archive.list(`${job}/${below}`),
    async read(job, file) {
      const found = await archive.read(`${job}/${file}`);
      if (found === null) throw new InputError(`there is no file '${file}' of job ${job} any more`);
      return found.content;
    },
  };
}

/** A run of a lab, over its API. */
export async function runOfLab(lab: LabClient, run: string): Promise<ArchivedRun> {
  const jobs = (await allJobs(lab, run)).map((job) => job.job_id);
  return {
    name: run,
    jobs: jobs.map(String),
    list: (job, folder) => allFiles(lab, { run, job, folder }),
    read: (job, file) => lab.stream(archivePathOf({ run, jobId: Number(job), file })),
  };
}
