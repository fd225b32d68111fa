import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import { InputError } from './client/failure.ts';
import { findLab } from './client/lab-client.ts';
import type { JobView, LabClient, Submitted } from './client/lab-client.ts';
import { printJson, printLines } from './client/print.ts';
import { appendToQueueFile, queueFileOf } from './suite/queue-file.ts';
import { suiteOptions } from './suite/options.ts';
import type { SuiteOptions } from './suite/options.ts';
import { dryRunLines, summaryLines } from './suite/report.ts';
import { suiteRequestBody } from './suite/request.ts';
import { exitStatusOf, finishedLine, verdictTable } from './client/verdicts.ts';
import { waitForRun } from './client/wait.ts';

/** What the word works on; a test brings its own. */
export interface SuiteSurroundings {
  readonly lab: (options: SuiteOptions) => LabClient;
  readonly print: (lines: Iterable<string>) => Promise<void>;
  readonly say: (line: string) => void; // beside the result
  readonly agrees: (question: string) => Promise<boolean>;
}

/** The surroundings of a command line. */
export const terminal: SuiteSurroundings = {
  lab: (options) => findLab(options),
  print: printLines,
  say: (line) => console.error(line),
  agrees: askTerminal,
};

/** `loligo suite`: queues the jobs of a suite, or those of an earlier run again. */
export function command(surroundings: SuiteSurroundings = terminal): Command {
  const word = new Command('suite')
    .summary('queue the jobs of a suite')
    .description(
      'Expands a suite into jobs and queues them as a run. Prints its name and the page where it can be watched.',
    )
    .argument('[config_yaml...]', 'YAML files merged over every job');
  return suiteOptions(word)
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo suite -s smoke --wait', 'queue a suite, and wait for its verdicts'],
          ['loligo suite -s rados -c main --subset 17/2000 -p 150', 'a part of a big suite'],
          ['loligo suite -s rados --filter thrash --dry-run', 'only say what would be queued'],
          ['loligo suite -r RUN -R fail,dead', 'what failed in an earlier run, again'],
        ],
        '0 queued; with --wait: every job passed, 1 refused, or a test failed, 2 no lab answers, 3 no test failed, but jobs are dead',
      ),
    )
    .action(async (files: string[], options: SuiteOptions) => {
      await queueSuite(files, options, surroundings);
    });
}

/** Queues what the options say, and waits for it where they ask for that. */
export async function queueSuite(
  files: string[],
  options: SuiteOptions,
  around: SuiteSurroundings,
): Promise<void> {
  const body = await suiteRequestBody(files, options);
  const queueFile = queueFileOf(options.queueBackend);
  if (!options.dryRun && !(await mayKeepMachines(options, around))) return;
  const dry = options.dryRun || queueFile !== null;
  const details = queueFile !== null || (options.dryRun && options.verbose > 0);
  const submitted = await around
    .lab(options)
    .post<Submitted>('/v1/suites', { ...body, dry_run: dry, details });
  for (const note of submitted.notes ?? []) around.say(note);
  if (options.dryRun) return await reportDryRun(submitted, options, around);
  if (queueFile !== null) return await queueToFile(queueFile, submitted, { options, around });
  if (options.json && !options.wait) return await printJson(submitted);
  if (!options.json)
    await around.print([...summaryLines(submitted, options), ...(submitted.jobs > 0 ? [submitted.url] : [])]);
  if (options.wait && submitted.jobs > 0) await waitAndJudge(around.lab(options), submitted, options.json);
}

async function reportDryRun(
  submitted: Submitted,
  options: SuiteOptions,
  around: SuiteSurroundings,
): Promise<void> {
  if (options.json) return await printJson(submitted);
  await around.print(dryRunLines(submitted, options.verbose));
  const summary = summaryLines(submitted, options);
  // Whole jobs are for programs to read, and nothing else may stand among them.
  if (options.verbose > 1) for (const line of summary) around.say(line);
  else await around.print(summary);
}

async function queueToFile(
  file: string,
  submitted: Submitted,
  { options, around }: { options: SuiteOptions; around: SuiteSurroundings },
): Promise<void> {
  const configs = submitted.configs ?? [];
  if (configs.length * options.num < submitted.jobs)
    throw new InputError(
      `a file takes at most ${configs.length} jobs, and the suite has ${submitted.jobs / options.num}`,
    );
  const ids = await appendToQueueFile(file, { configs, copies: options.num });
  await around.print(ids.map((id) => `Job scheduled with name ${submitted.run} and ID ${id}`));
  for (const line of summaryLines(submitted, options)) around.say(line);
}

const manyMachines = 4;

/** Machines of many jobs that wait for somebody to look at them are soon all machines. */
async function mayKeepMachines(options: SuiteOptions, around: SuiteSurroundings): Promise<boolean> {
  if (options.sleepBeforeTeardown === 0 || options.limit <= manyMachines || options.nonInteractive)
    return true;
  const agreed = await around.agrees(
    `The machines of up to ${options.limit} jobs will be kept for ${options.sleepBeforeTeardown} s each. Go on? [y/N] `,
  );
  if (!agreed) around.say('nothing was queued; -y asks no questions');
  return agreed;
}

async function askTerminal(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminalLines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminalLines.question(question)).trim());
  } finally {
    terminalLines.close();
  }
}

async function waitAndJudge(lab: LabClient, submitted: Submitted, json: boolean): Promise<void> {
  const onFinished = (job: JobView) => (json ? undefined : console.log(finishedLine(job)));
  const jobs = await waitForRun(lab, submitted.run, { pollMs: 1000, onFinished });
  if (json) await printJson({ ...submitted, results: jobs });
  else await printLines(['', ...verdictTable(jobs)]);
  process.exitCode = exitStatusOf(jobs);
}
