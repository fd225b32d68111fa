import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { helpText } from './client/help-text.ts';
import { directorySource } from '../adapters/git/directory-source.ts';
import { compose } from '../adapters/yaml/compose.ts';
import { readEvents } from '../adapters/yaml/read-events.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import type { SuiteSource } from '../core/ports/suite-source.ts';
import type { LintReport } from '../core/suites/lint/finding.ts';
import { lintSuites } from '../core/suites/lint/lint-suites.ts';
import { jsonReport } from '../core/suites/lint/report-json.ts';
import { sarifReport } from '../core/suites/lint/report-sarif.ts';
import { countOf, textReport } from '../core/suites/lint/report-text.ts';
import { chosenRules, lintRules, ruleOf } from '../core/suites/lint/rules.ts';
import type { RuleId } from '../core/suites/lint/rules.ts';
import { singleSuiteSource } from '../core/suites/lint/single-suite.ts';
import type { ReadWritten } from '../core/suites/lint/written-node.ts';
import { parseSubset } from '../core/suites/subset.ts';
import type { Subset } from '../core/suites/subset.ts';
import { nearMisses } from '../core/config/near-misses.ts';
import { builtInTasks } from '../runner/tasks/built-in.ts';
import { printJson, printLines } from './client/print.ts';

interface LintOptions {
  suite?: string[];
  format: 'text' | 'json' | 'sarif';
  rule?: RuleId[];
  ignore?: RuleId[];
  subset?: Subset;
}

/** `loligo lint`: what is wrong with suites, without running or merging any job. Exits with 1 for errors and with 2 for a wrong call. */
export function command(): Command {
  return new Command('lint')
    .summary('find mistakes in suites')
    .description(
      'Finds mistakes in suites: what cannot be read or merged, jobs that could never run, and what is there in vain. Each finding has a file, a line and a rule.',
    )
    .argument('<dir>', 'folder that holds suites/, or one suite')
    .option('-s, --suite <name...>', 'only these suites, with / or : between parts')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['text', 'json', 'sarif']).default('text'),
    )
    .option('--rule <rule...>', 'only these rules; optional ones run only so', ruleList)
    .option('--ignore <rule...>', 'all rules but these', ruleList)
    .option('--subset <m/n>', 'look at one of n parts, counted from 0', subset)
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo lint .', 'every suite below suites/'],
          ['loligo lint suites/smoke --format sarif', 'one suite, for a code host'],
          ['loligo lint . --ignore unused-fragment', 'all rules but one'],
        ],
        '0 no errors, 1 errors were found, 2 it could not look',
      ),
    )
    .addHelpText(
      'after',
      `\nRules:\n${lintRules.map(({ id, sentence }) => `  ${id.padEnd(24)} ${sentence}`).join('\n')}`,
    )
    .exitOverride(wrongCall)
    .action(lint);
}

async function lint(dir: string, options: LintOptions, self: Command): Promise<void> {
  const source = sourceOf(dir, options, self);
  const report = lintSuites({
    source: source.suites,
    suites: source.only ?? options.suite ?? null,
    rules: chosenRules({ only: options.rule ?? [], ignored: options.ignore ?? [] }),
    subset: options.subset ?? null,
    yaml: pyYaml,
    readWritten,
    tasks: { builtIn: Object.keys(builtInTasks), near: nearMisses },
  });
  const shown = source.only === null ? report : withoutPrefix(report, `suites/${source.only[0]}`);
  await print(shown, options.format, self);
  if (countOf(report, 'error') > 0) process.exitCode = 1;
}

interface LintSource {
  readonly suites: SuiteSource;
  readonly only: readonly [string] | null; // the suite that the folder itself is
}

/** The folder itself when it holds `suites`, the one above when it is `suites`, else the folder as a suite. */
function sourceOf(dir: string, options: LintOptions, self: Command): LintSource {
  const folder = resolve(dir);
  if (!isFolder(folder)) self.error(`${dir}: no such folder`, { exitCode: 2 });
  const holder = holderOf(folder);
  if (holder === null) {
    if (options.suite === undefined) return suiteAt(folder);
    self.error(`${dir}: has no suites/ to take a suite from`, { exitCode: 2 });
  }
  for (const suite of options.suite ?? []) {
    if (!isSuite(holder, suite)) self.error(`${dir}: no suite '${suite}'`, { exitCode: 2 });
  }
  return { suites: directorySource(holder), only: null };
}

function holderOf(folder: string): string | null {
  if (isFolder(join(folder, 'suites'))) return folder;
  return basename(folder) === 'suites' ? dirname(folder) : null;
}

function isSuite(holder: string, name: string): boolean {
  const parts = name.split(/[/:]/).filter((part) => part !== '');
  return parts.length > 0 && !parts.includes('..') && existsSync(join(holder, 'suites', ...parts));
}

/** One suite; when it lies below a folder `suites`, the tasks beside that are its tasks too. */
function suiteAt(folder: string): LintSource {
  const parts = folder.split(sep);
  const above = parts.lastIndexOf('suites');
  if (above > 0) {
    const holder = parts.slice(0, above).join(sep) || sep;
    return { suites: directorySource(holder), only: [parts.slice(above + 1).join('/')] };
  }
  const name = basename(folder) || 'suite';
  return { suites: singleSuiteSource(directorySource(folder), name), only: [name] };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

const readWritten: ReadWritten = (text) => {
  const read = readEvents(text);
  return { root: compose(read.text, read.events, Infinity), text: read.text };
};

/** The paths of a folder that is one suite, as its user knows them. */
function withoutPrefix(report: LintReport, prefix: string): LintReport {
  const shown = (file: string): string => (file === prefix ? '.' : file.replace(`${prefix}/`, ''));
  const findings = report.findings.map((finding) => ({
    ...finding,
    file: shown(finding.file),
    sentence: finding.sentence.replaceAll(`${prefix}/`, ''),
    related: finding.related.map((place) => ({ ...place, file: shown(place.file) })),
  }));
  return { ...report, findings };
}

async function print(report: LintReport, format: LintOptions['format'], self: Command): Promise<void> {
  if (format === 'json') await printJson(jsonReport(report));
  else if (format === 'sarif') await printJson(sarifReport(report, self.parent?.version() ?? '0'));
  else await printLines(textReport(report));
}

function ruleList(text: string, before: RuleId[] = []): RuleId[] {
  const ids = text.split(',').map((id) => {
    const rule = ruleOf(id.trim());
    if (rule === null) throw new InvalidArgumentError(`There is no rule '${id}'.`);
    return rule.id;
  });
  return [...before, ...ids];
}

function subset(text: string): Subset {
  try {
    const parsed = parseSubset(text);
    if (parsed.of < 2 || (parsed.which >= 0 && parsed.which < parsed.of)) return parsed;
  } catch (cause) {
    throw new InvalidArgumentError(cause instanceof Error ? cause.message : String(cause));
  }
  throw new InvalidArgumentError('M counts from 0 and must be below N.');
}

function wrongCall(error: CommanderError): never {
  throw new CommanderError(error.exitCode === 0 ? 0 : 2, error.code, error.message);
}
