import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { luaMergeScripts } from '../../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { canonicalJsonWriter } from '../../core/config/canonical-json.ts';
import { fromPlain, isYamlMap } from '../../core/config/yaml-value.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import type { SuiteSource } from '../../core/ports/suite-source.ts';
import { SuiteError } from '../../core/suites/errors.ts';
import { expandSuite } from '../../core/suites/expand.ts';
import type { Expansion } from '../../core/suites/expand.ts';
import { sharedFolder } from '../requirements.ts';

/** The recorded expansions of real suites, one file a suite; none where the data is missing. */
export function realSuiteFiles(): string[] {
  const folder = join(sharedFolder, 'golden/public/real');
  return existsSync(folder) ? readdirSync(folder).map((name) => `real/${name}`) : [];
}

/** The lines of one file of recorded expansions; none where the data is missing. */
export function goldenLines<T>(file: string): T[] {
  const path = join(sharedFolder, 'golden/public', file);
  if (!existsSync(path)) return [];
  const text = gunzipSync(readFileSync(path)).toString();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

/** A scratch folder that goes away with `using`. */
export function scratchFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'loligo-golden-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Unpacks the suites that the real expansions were recorded on. */
export function unpackRealSuites(folder: string): void {
  execFileSync('tar', ['xzf', join(sharedFolder, 'ceph-qa-suite.tar.gz'), '-C', folder]);
}

/** What a synthetic case is made of: a text, a link, or null for a directory (whose path ends in a slash). */
export type GoldenTree = Readonly<Record<string, string | { readonly link: string } | null>>;

/** Writes a synthetic case below `folder` as it was when it was recorded. */
export function writeTree(folder: string, name: string, tree: GoldenTree): void {
  const suites = join(folder, 'suites');
  mkdirSync(join(suites, name), { recursive: true });
  mkdirSync(join(suites, 'aux/dir'), { recursive: true });
  writeFileSync(join(suites, 'aux/empty'), '');
  for (const letter of ['m', 'n']) writeFileSync(join(suites, `aux/dir/${letter}.yaml`), `${letter}: 1\n`);
  for (const [path, content] of Object.entries(tree)) {
    const target = join(suites, name, path);
    mkdirSync(path.endsWith('/') ? target : dirname(target), { recursive: true });
    if (typeof content === 'string') writeFileSync(target, content);
    else if (content !== null) symlinkSync(content.link, target);
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** `M/N`, `[M, N]` or null as recorded. */
export function goldenSubset(recorded: string | readonly number[] | null): Expansion['subset'] {
  if (recorded === null) return null;
  const [which, of] = typeof recorded === 'string' ? recorded.split('/').map(Number) : recorded;
  return { which: which ?? Number.NaN, of: of ?? Number.NaN };
}

/** The arguments of a recorded run that say which jobs pass. */
export interface GoldenFilters {
  readonly filter_in?: readonly string[];
  readonly filter_out?: readonly string[];
  readonly filter_all?: readonly string[];
  readonly filter_fragments?: boolean | number;
  readonly base_config?: unknown;
}

/** Recorded arguments as those of `expandSuite`. A recorded 0 is on: Lua, which judged it, holds it for true. */
export function goldenExpansion(
  source: SuiteSource,
  choice: Pick<Expansion, 'suite' | 'seed' | 'subset' | 'noNestedSubset'>,
  args: GoldenFilters,
): Expansion {
  const base = fromPlain(args.base_config ?? {});
  return {
    ...choice,
    source,
    filters: {
      in: args.filter_in ?? null,
      out: args.filter_out ?? null,
      all: args.filter_all ?? null,
      fragments: args.filter_fragments !== undefined && args.filter_fragments !== false,
    },
    baseConfig: isYamlMap(base) ? base : new Map(),
    root: '@ROOT@',
    yaml: pyYaml,
    scripts: luaMergeScripts(),
  };
}

export interface Expanded {
  readonly descriptions: string[];
  readonly fragments: (readonly string[])[];
  readonly configs: string[]; // canonical JSON
  readonly error: string | null; // the original's class
}

const writeConfig = canonicalJsonWriter();

/** Everything that an expansion gives, and the class of the error that ended it. */
export async function expandAll(expansion: Expansion): Promise<Expanded> {
  const result = {
    descriptions: [] as string[],
    fragments: [] as (readonly string[])[],
    configs: [] as string[],
  };
  try {
    for await (const job of expandSuite(expansion)) {
      result.descriptions.push(job.description);
      result.fragments.push(job.fragments);
      result.configs.push(configText(job.config));
    }
  } catch (error) {
    if (!(error instanceof SuiteError)) throw error;
    return { ...result, error: error.originalError };
  }
  return { ...result, error: null };
}

function configText(config: YamlMap): string {
  return writeConfig(config);
}

/** The recorded classes of PyYAML errors are all kinds of YAMLError, which is what we tell apart. */
export function originalErrorClass(recorded: string): string {
  const ofYaml = ['ComposerError', 'ConstructorError', 'ParserError', 'ReaderError', 'ScannerError'];
  return ofYaml.includes(recorded) ? 'YAMLError' : recorded;
}
