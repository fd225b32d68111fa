import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { helpText } from './client/help-text.ts';
import { directorySource } from '../adapters/git/directory-source.ts';
import { luaMergeScripts } from '../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { YamlError } from '../core/config/yaml-error.ts';
import { combinationTable } from '../core/suites/describe/combinations.ts';
import { csvText, jsonText, plainText } from '../core/suites/describe/table.ts';
import type { Table } from '../core/suites/describe/table.ts';
import { treeTable } from '../core/suites/describe/tree.ts';
import { SuiteError } from '../core/suites/errors.ts';
import { expandSuite } from '../core/suites/expand.ts';
import type { ExpandedJob, Expansion } from '../core/suites/expand.ts';
import { countJobs } from '../core/suites/plan.ts';
import { parseSubset } from '../core/suites/subset.ts';
import type { Subset } from '../core/suites/subset.ts';
import { InputError, wholeNumber } from './client/failure.ts';
import { printBytes } from './client/print.ts';

interface DescribeOptions {
  fields: string[];
  showFacet: boolean;
  format: 'plain' | 'json' | 'csv';
  combinations: boolean;
  summary: boolean;
  printDescription: boolean;
  printFragments: boolean;
  filter: string[];
  filterOut: string[];
  filterAll: string[];
  filterFragments: boolean;
  limit: number;
  subset?: Subset;
  seed: number;
  nestedSubset: boolean;
}

/** What the word writes to; a test brings its own. */
export interface DescribeSurroundings {
  readonly write: (text: string) => Promise<void>;
}

const terminal: DescribeSurroundings = {
  write: async (text) => await printBytes(chunks(text)),
};

/** `loligo describe`: what a suite is made of, as a tree of fragments, a table of jobs, or a count. */
export function command(surroundings: DescribeSurroundings = terminal): Command {
  return new Command('describe')
    .summary('show what a suite is made of')
    .description(
      'Shows what a suite is made of: a tree of its facets and fragments, or with -c a table of its jobs, with the fields of the `meta` of each fragment.',
    )
    .argument('<suite_dir>', 'folder of the suite')
    .option('-f, --fields <list>', 'fields of the `meta` of fragments', keywords, ['desc'])
    .option('--show-facet <yes|no>', 'say which facet a fragment belongs to', yesOrNo, true)
    .addOption(
      new Option('--format <format>', 'of tables').choices(['plain', 'json', 'csv']).default('plain'),
    )
    .option('-c, --combinations', 'one row for each job', false)
    .option('-s, --summary', 'only how many jobs there are', false)
    .option('-p, --print-description', 'with -s: the descriptions too', false)
    .option('-P, --print-fragments', 'with -s: descriptions and fragments too', false)
    .option('--filter <list>', 'only jobs whose description contains one of these', keywords, [])
    .option('--filter-out <list>', 'no jobs whose description contains one of these', keywords, [])
    .option('--filter-all <list>', 'only jobs whose description contains all of these', keywords, [])
    .option('-F, --filter-fragments', 'filters also match the paths of fragments, as Lua patterns', false)
    .option('-l, --limit <n>', 'at most that many jobs; 0: all', wholeNumber(0), 0)
    .option('--subset <m/n>', 'one of n parts of the suite, counted from 0', subset)
    .option('-S, --seed <n>', 'for random choices; -1: drawn', wholeNumber(-1), -1)
    .option('--no-nested-subset', 'ignore subsets inside the suite')
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo describe suites/smoke', 'its facets and fragments, and what they say of themselves'],
          ['loligo describe suites/smoke -c --format csv', 'one row for each job'],
          ['loligo describe suites/smoke -s', 'how many jobs there are'],
        ],
        '0 described, 1 refused',
      ),
    )
    .action(async (dir: string, options: DescribeOptions) => {
      try {
        await surroundings.write(await description(resolve(dir), options));
      } catch (error) {
        if (!(error instanceof SuiteError || error instanceof YamlError)) throw error;
        // Files are known below the root of the machine, and their names come first in the message.
        const root = error.file === null || error.file === '' ? '' : '/';
        throw new InputError(`${root}${error.message}`, { cause: error });
      }
    });
}

async function description(dir: string, options: DescribeOptions): Promise<string> {
  const source = directorySource('/');
  const path = dir.slice(1);
  const wish = { ...options, source, yaml: pyYaml };
  if (options.summary) return await summary(dir, options);
  if (options.combinations) {
    const jobs: (readonly string[])[] = [];
    for await (const job of jobsOf(expansionOf(dir, options), options.limit)) jobs.push(job.fragments);
    return written(combinationTable(jobs, wish), options);
  }
  if (source.stat(path) !== 'directory') throw new InputError(`'${dir}' is no folder`);
  return written(treeTable({ ...wish, path, drawn: options.format === 'plain' }), options);
}

function written(table: Table, { format, combinations }: DescribeOptions): string {
  if (format === 'json') return jsonText(table);
  return format === 'csv' ? csvText(table) : plainText(table, { ruled: combinations });
}

async function summary(dir: string, options: DescribeOptions): Promise<string> {
  const expansion = expansionOf(dir, options);
  const lines: string[] = [];
  let count = 0;
  for await (const job of jobsOf(expansion, options.limit)) {
    count += 1;
    if (options.printDescription || options.printFragments) lines.push(job.description);
    if (options.printFragments)
      lines.push(...job.fragments.map((fragment) => `    ${belowSuites(fragment)}`));
  }
  return `${[...lines, `# ${count}/${countJobs(expansion)} ${dir}`].join('\n')}\n`;
}

async function* jobsOf(expansion: Expansion, limit: number): AsyncGenerator<ExpandedJob> {
  let left = limit === 0 ? Infinity : limit;
  for await (const job of expandSuite(expansion)) {
    yield job;
    left -= 1;
    if (left === 0) return;
  }
}

/** The machine's whole tree is the source, so that fragments are known by their absolute paths. */
function expansionOf(dir: string, options: DescribeOptions): Expansion {
  return {
    source: directorySource('/'),
    at: dir.slice(1),
    root: '',
    suite: dir.split('/').at(-1) ?? '',
    subset: options.subset ?? null,
    seed: options.seed < 0 ? Math.floor(Math.random() * 2 ** 32) : options.seed,
    noNestedSubset: !options.nestedSubset,
    filters: {
      in: options.filter,
      out: options.filterOut,
      all: options.filterAll,
      fragments: options.filterFragments,
    },
    yaml: pyYaml,
    scripts: luaMergeScripts(),
  };
}

function belowSuites(fragment: string): string {
  const full = `/${fragment}`;
  const found = full.indexOf('/suites/');
  return found < 0 ? full : full.slice(found + '/suites/'.length);
}

function keywords(text: string): string[] {
  return text
    .split(',')
    .map((keyword) => keyword.trim())
    .filter((keyword) => keyword !== '');
}

function yesOrNo(text: string): boolean {
  if (text === 'yes' || text === 'no') return text === 'yes';
  throw new InvalidArgumentError(`'${text}' is neither yes nor no.`);
}

function subset(text: string): Subset {
  try {
    return parseSubset(text);
  } catch (cause) {
    throw new InvalidArgumentError(cause instanceof Error ? cause.message : String(cause));
  }
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  const size = 64 * 1024;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
