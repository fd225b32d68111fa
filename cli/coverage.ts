import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import { InputError } from './client/failure.ts';
import { findLab } from './client/lab-client.ts';
import type { LabClient } from './client/lab-client.ts';
import { printJson, printLines } from './client/print.ts';
import { columns } from './client/columns.ts';
import { runOfFolder, runOfLab } from './gcov/archived-run.ts';
import type { ArchivedRun } from './gcov/archived-run.ts';
import { fetchCounters } from './gcov/fetch-counters.ts';
import { installedLcov } from './gcov/lcov.ts';
import type { Lcov } from './gcov/lcov.ts';
import { measureRun, totalFile } from './gcov/measure.ts';
import type { RunCoverage } from './gcov/measure.ts';
import { findNotes } from './gcov/notes.ts';
import type { Notes } from './gcov/notes.ts';
import { pairAll } from './gcov/pair.ts';
import type { Missed, PairedJob } from './gcov/pair.ts';
import { sourcesOf } from './gcov/tracefile.ts';
import type { Share, Totals } from './gcov/tracefile.ts';

interface CoverageOptions {
  readonly build: readonly string[];
  readonly source?: string;
  readonly lcovOutput?: string;
  readonly htmlOutput?: string;
  readonly gcovTool?: string;
  readonly json: boolean;
  readonly folder?: string;
}

/** `loligo coverage RUN`: which code the jobs of a run executed. */
export function command(): Command {
  return new Command('coverage')
    .summary('sum up which code the jobs of a run executed')
    .description(
      'Adds up what programs compiled with gcov counted in the jobs of a run (those with `flavor: gcov` or `coverage: true`), prints the share of lines, functions and branches that each job and all together executed, and writes tracefiles and pages on request. Needs lcov on this machine.',
    )
    .argument('<run>', 'run name, or archive folder of a run or a job')
    .option(
      '-b, --build <dir...>',
      'where the compiler left its notes (.gcno); default: those that jobs put beside their counters',
      [],
    )
    .option('-s, --source <dir>', 'where the sources are; default: where the compiler read them')
    .option('-o, --lcov-output <dir>', 'write base.lcov, JOB.lcov and total.lcov there')
    .option('--html-output <dir>', 'write pages there, with every line and how often it was executed')
    .option('--gcov-tool <program>', 'the gcov of the compiler that made the build; default: gcov')
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText([
        ['loligo coverage RUN --build ~/ceph/build', 'a table of the jobs and their sum'],
        ['loligo coverage RUN -b build -s src --html-output out', 'pages, with sources that are elsewhere'],
        ['loligo coverage ~/.loligo/archive/RUN -b build -o traces', 'of files, without a lab; tracefiles'],
      ]),
    )
    .action(coverage);
}

async function coverage(name: string, options: CoverageOptions): Promise<void> {
  for (const folder of [...options.build, ...(options.source === undefined ? [] : [options.source])]) {
    if (!(await isFolder(folder))) throw new InputError(`there is no folder '${folder}'`);
  }
  const run = (await isFolder(name)) ? await runOfFolder(name) : await runOfLab(labOf(name, options), name);
  const lcov = installedLcov(options.gcovTool ?? null);
  const work = await mkdtemp(join(tmpdir(), 'loligo-coverage-'));
  try {
    const { jobs, notes, missed } = await readRun({ run, options, work });
    for (const line of missedLines(missed)) console.warn(line);
    if (jobs.length === 0) throw new InputError(`no counters of ${run.name} belong to this build`);
    const output = options.lcovOutput === undefined ? join(work, 'lcov') : resolve(options.lcovOutput);
    await mkdir(output, { recursive: true });
    const source = options.source === undefined ? null : resolve(options.source);
    const found = await measureRun({ jobs, notes, source, lcov, work: join(work, 'placed'), output });
    if (options.htmlOutput !== undefined) {
      const tracefile = join(output, totalFile);
      await writePages({ lcov, tracefile, folder: resolve(options.htmlOutput), title: run.name });
    }
    if (options.json) return await printJson({ run: run.name, ...found, missed });
    await printLines(linesOf(found));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function labOf(name: string, options: CoverageOptions): LabClient {
  if (name.includes('/')) throw new InputError(`there is no folder '${name}', and a run name has no '/'`);
  return findLab(options);
}

/** The counters of a run beside the notes that they belong to. */
async function readRun(params: {
  run: ArchivedRun;
  options: CoverageOptions;
  work: string;
}): Promise<{ jobs: PairedJob[]; notes: Notes; missed: Missed[] }> {
  const { run, options, work } = params;
  const counted = await fetchCounters(run, join(work, 'fetched'));
  if (counted.length === 0) {
    throw new InputError(
      `none of the ${run.jobs.length} jobs of ${run.name} left counters (remote/HOST/coverage in its archive): jobs do with 'flavor: gcov' or 'coverage: true', when what they test is compiled with gcov`,
    );
  }
  const builds = options.build.map((folder) => resolve(folder));
  const notes = await findNotes(
    builds,
    counted.flatMap((job) => job.notes),
  );
  if (notes.size === 0) {
    const where = builds.length === 0 ? 'with the counters' : `below ${builds.join(' and ')}`;
    throw new InputError(
      `there are no notes of the compiler (.gcno) ${where}: name the folder that was built in with --build`,
    );
  }
  return { ...(await pairAll(counted, notes)), notes };
}

/** One line for each reason, with how many and which was the first. */
function missedLines(missed: readonly Missed[]): string[] {
  const sentences = { none: 'have no notes in the build', 'of another build': 'are of another build' };
  return (['none', 'of another build'] as const).flatMap((why) => {
    const all = missed.filter((each) => each.why === why);
    const first = all[0];
    return first === undefined
      ? []
      : [`${all.length} files of counters ${sentences[why]}, such as ${first.path} of job ${first.job}`];
  });
}

async function writePages(params: {
  lcov: Lcov;
  tracefile: string;
  folder: string;
  title: string;
}): Promise<void> {
  const { lcov, tracefile, folder, title } = params;
  const sources = sourcesOf(await readFile(tracefile, 'utf8'));
  const missing = sources.filter((path) => !existsSync(path));
  if (missing.length === sources.length) {
    throw new InputError(
      `the sources are not on this machine, such as ${missing[0]}: name their folder with --source`,
    );
  }
  if (missing.length > 0) {
    console.warn(`${missing.length} sources are not on this machine and in no page, such as ${missing[0]}`);
  }
  await lcov.pages({ tracefile, folder, title });
}

function linesOf({ jobs, total }: RunCoverage): string[] {
  const rows: (Totals & { readonly name: string })[] = [
    ...jobs.map((job) => ({ ...job, name: job.job })),
    { ...total, name: 'total' },
  ];
  return columns(rows, [
    { title: 'JOB', value: ({ name }) => name },
    { title: 'LINES', value: ({ lines }) => shareText(lines) },
    { title: 'FUNCTIONS', value: ({ functions }) => shareText(functions) },
    { title: 'BRANCHES', value: ({ branches }) => shareText(branches) },
  ]);
}

function shareText({ hit, found }: Share): string {
  return found === 0 ? '-' : `${((100 * hit) / found).toFixed(1)} % of ${found}`;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}
