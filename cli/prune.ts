import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { helpText } from './client/help-text.ts';
import { openDatabase } from '../adapters/embedded/database.ts';
import { sqliteAuditLog } from '../adapters/embedded/audit-log.ts';
import { sqliteJobStore } from '../adapters/embedded/job-store.ts';
import { labFolder } from '../adapters/embedded/lab-folder.ts';
import { pruneArchive } from '../adapters/embedded/prune-archive.ts';
import type { Pruned } from '../adapters/embedded/prune-archive.ts';
import { usualRetention } from '../core/results/retention.ts';
import { InputError } from './client/failure.ts';
import { printJson, printLines } from './client/print.ts';
import { cliEnvironment } from './environment.ts';
import { prunedRecord, recordedEnd } from './lab/retention.ts';
import { localOwner } from './lab/token.ts';

interface PruneOptions {
  readonly archive?: string;
  readonly pass: number;
  readonly fail: number;
  readonly remotes: number;
  readonly compress: number;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly folder?: string;
}

/** `loligo prune`: takes old logs out of an archive. */
export function command(): Command {
  return new Command('prune')
    .summary('take old logs out of an archive')
    .description(
      'Takes out of the archive what has had its time, compresses old logs, and prints what that was. A file named .preserve in the folder of a run or a job keeps it. Jobs that are not over are never touched. Days count from the end of a job; a negative number is never.',
    )
    .option('-a, --archive <dir>', "another archive folder than the lab's")
    .option('-p, --pass <days>', 'whole folders of jobs that passed', days, usualRetention.pass)
    .option('-f, --fail <days>', 'whole folders of jobs that failed or are dead', days, usualRetention.fail)
    .option(
      '-r, --remotes <days>',
      'what came from the hosts: remote/ and data/',
      days,
      usualRetention.remotes,
    )
    .option(
      '-z, --compress <days>',
      "compress jobs' logs, which are read as before",
      days,
      usualRetention.compress,
    )
    .option('--dry-run', 'only print what would go', false)
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'folder of the lab (default: ~/.loligo)')
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo prune --dry-run', 'only say what would go'],
          ['loligo prune --pass 7 --fail 90', 'a week of passes, three months of failures'],
          ['touch ~/.loligo/archive/RUN/.preserve', 'keep a run for ever'],
        ],
        '0 done, 1 refused',
      ),
    )
    .action(prune);
}

async function prune(options: PruneOptions): Promise<void> {
  const lab = labFolder(options.folder ?? cliEnvironment().folder);
  const folder = options.archive === undefined ? lab.archive : resolve(options.archive);
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new InputError(`there is no archive folder '${folder}'`);
  const database = existsSync(lab.database) ? openDatabase(lab.database) : null;
  const jobs = database === null ? null : sqliteJobStore(database);
  try {
    const { pass, fail, remotes, compress, dryRun } = options;
    const pruned = pruneArchive({
      folder,
      retention: { pass, fail, remotes, compress },
      now: Date.now(),
      dryRun,
      endOf: async (run, jobId) => (jobs === null ? 'unknown' : await recordedEnd(jobs, run, jobId)),
      announce: async (what) => {
        if (database !== null && options.archive === undefined)
          await sqliteAuditLog(database).record(prunedRecord(what, localOwner(), Date.now()));
      },
    });
    if (options.json) return await printJson(await collected(pruned));
    await printLines(linesOf(pruned, dryRun));
  } finally {
    database?.close();
  }
}

async function* linesOf(pruned: AsyncIterable<Pruned>, dryRun: boolean): AsyncGenerator<string> {
  const would = { removed: 'would remove', compressed: 'would compress' };
  for await (const { path, act, why } of pruned) yield `${dryRun ? would[act] : act} ${path} (${why})`;
}

async function collected(pruned: AsyncIterable<Pruned>): Promise<Pruned[]> {
  const all: Pruned[] = [];
  for await (const each of pruned) all.push(each);
  return all;
}

function days(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError(`'${text}' is not a number of days.`);
  return value;
}
