import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { helpText } from './client/help-text.ts';
import { luaMergeScripts } from '../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { canonicalJsonWriter } from '../core/config/canonical-json.ts';
import { YamlError } from '../core/config/yaml-error.ts';
import { isYamlMap } from '../core/config/yaml-value.ts';
import type { YamlMap } from '../core/config/yaml-value.ts';
import { SuiteSourceError } from '../core/ports/suite-source.ts';
import { SuiteError } from '../core/suites/errors.ts';
import type { Int } from '../core/suites/exact-int.ts';
import { expandSuite } from '../core/suites/expand.ts';
import type { ExpandedJob, Expansion } from '../core/suites/expand.ts';
import { countJobs } from '../core/suites/plan.ts';
import { parsePythonInt, parseSubset } from '../core/suites/subset.ts';
import type { Subset } from '../core/suites/subset.ts';
import { cliEnvironment } from './environment.ts';
import { InputError, wholeNumber } from './client/failure.ts';
import { openLocation } from './client/open-location.ts';
import { printLines } from './client/print.ts';

interface ExpandOptions {
  suite: string;
  ref?: string;
  relpath: string;
  subset?: Subset;
  seed: Int;
  nestedSubset: boolean;
  filter?: string[];
  filterOut?: string[];
  filterAll?: string[];
  filterFragments: boolean;
  base?: string;
  limit: number;
  jsonl: boolean;
  count: boolean;
}

/** `loligo expand`: what a suite expands to, without queueing anything. */
export function command(): Command {
  return new Command('expand')
    .summary('list the jobs that a suite expands to')
    .description(
      'Prints the jobs that a suite expands to, without a lab: descriptions, or with --jsonl their merged configs.',
    )
    .argument('<dir>', 'what holds suites/: a folder, a repository or a tarball, by path or URL')
    .requiredOption('-s, --suite <suite>', 'suite path below suites/, with / or :')
    .option('--ref <ref>', 'branch, tag, ref or sha1 of the repository (default: its default branch)')
    .option('--relpath <path>', 'where suites/ is in it', '')
    .option('--subset <m/n>', 'one of n parts of the suite, counted from 0', subset)
    .option('--seed <n>', 'for random choices', seed, 0)
    .option('--no-nested-subset', 'ignore subsets inside the suite')
    .option('--filter <list>', 'only jobs whose description contains one of these', keywords)
    .option('--filter-out <list>', 'no jobs whose description contains one of these', keywords)
    .option('--filter-all <list>', 'only jobs whose description contains all of these', keywords)
    .option('-F, --filter-fragments', 'filters also match the paths of fragments, as Lua patterns', false)
    .option('--base <file>', 'YAML that the fragments are merged over')
    .option('-l, --limit <n>', 'at most that many jobs; 0: all', wholeNumber(0), 0)
    .option('--jsonl', 'one JSON object a line: description, fragments, config', false)
    .option('--count', 'only how many jobs there are before filters', false)
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo expand . -s smoke', 'descriptions, one a line'],
          ['loligo expand DIR -s rados --subset 17/2000 --jsonl', 'with fragments and merged configs'],
          ['loligo expand https://git.example/ceph.git --relpath qa -s rbd --count', 'of a repository'],
        ],
        '0 listed, 1 refused, or a job of the suite cannot be made',
      ),
    )
    .action(expand);
}

async function expand(dir: string, options: ExpandOptions): Promise<void> {
  try {
    const expansion = await expansionOf(dir, options);
    if (options.count) await printLines([String(countJobs(expansion))]);
    else await printLines(blocks(jobLines(expansion, options)));
  } catch (error) {
    if (error instanceof SuiteError || error instanceof YamlError || error instanceof SuiteSourceError)
      throw new InputError(error.message, { cause: error });
    throw error;
  }
}

async function expansionOf(dir: string, options: ExpandOptions): Promise<Expansion> {
  const { source } = await openLocation({
    location: dir,
    ref: options.ref ?? null,
    relpath: options.relpath,
    folder: cliEnvironment().folder,
  });
  return {
    source,
    suite: options.suite,
    subset: options.subset ?? null,
    seed: options.seed,
    noNestedSubset: !options.nestedSubset,
    filters: {
      in: options.filter ?? null,
      out: options.filterOut ?? null,
      all: options.filterAll ?? null,
      fragments: options.filterFragments,
    },
    baseConfig: options.base === undefined ? new Map() : readBase(options.base),
    yaml: pyYaml,
    scripts: luaMergeScripts(),
  };
}

function readBase(file: string): YamlMap {
  const value = pyYaml.parse(readText(file), file) ?? new Map();
  if (!isYamlMap(value)) throw new InputError(`${file}: must be a map at its top level`);
  return value;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError(`cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}

async function* jobLines(expansion: Expansion, options: ExpandOptions): AsyncGenerator<string> {
  const line = options.jsonl ? jsonLine() : (job: ExpandedJob) => job.description;
  let left = options.limit === 0 ? Infinity : options.limit;
  for await (const job of expandSuite(expansion)) {
    yield line(job);
    left -= 1;
    if (left === 0) return;
  }
}

function jsonLine(): (job: ExpandedJob) => string {
  const write = canonicalJsonWriter();
  return ({ description, fragments, config }) =>
    `{"description":${JSON.stringify(description)},"fragments":${JSON.stringify(fragments)},"config":${write(config)}}`;
}

const blockSize = 64 * 1024; // characters

/** Joins lines into few writes. What was made before an error is still given out. */
async function* blocks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let block: string[] = [];
  let size = 0;
  try {
    for await (const line of lines) {
      block.push(line);
      size += line.length;
      if (size < blockSize) continue;
      yield block.join('\n');
      block = [];
      size = 0;
    }
  } catch (error) {
    if (block.length > 0) yield block.join('\n');
    throw error;
  }
  if (block.length > 0) yield block.join('\n');
}

function keywords(text: string): string[] {
  return text
    .split(',')
    .map((keyword) => keyword.trim())
    .filter((keyword) => keyword !== '');
}

function subset(text: string): Subset {
  try {
    return parseSubset(text);
  } catch (cause) {
    throw new InvalidArgumentError(cause instanceof Error ? cause.message : String(cause));
  }
}

function seed(text: string): Int {
  const value = parsePythonInt(text);
  if (value === null) throw new InvalidArgumentError(`'${text}' is not a whole number.`);
  return value;
}
