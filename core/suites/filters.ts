import { YamlFloat } from '../config/yaml-value.ts';
import type { YamlMap, YamlValue } from '../config/yaml-value.ts';
import { FilterError } from './errors.ts';

/** Which jobs are wanted. A keyword matches a job whose description contains it. */
export interface JobFilters {
  readonly in: readonly string[] | null; // one of them must match; null or empty = all jobs
  readonly out: readonly string[] | null; // none of them may match
  readonly all: readonly string[] | null; // each of them must match
  /** Keywords also match as Lua patterns on the fragments' paths: `-`, `.`, `%` and `[` have a meaning there. */
  readonly fragments: boolean;
}

export const noFilters: JobFilters = { in: null, out: null, all: null, fragments: false };

/** What a filter looks at in a job. */
export interface FilteredJob {
  readonly description: string;
  readonly paths: readonly string[]; // of the fragments, below `suites`
  readonly config: YamlMap;
}

/** `string.find` with a Lua pattern. */
export type PatternFinder = (pattern: string, text: string) => boolean;

/** Whether a keyword means something else as a Lua pattern than as a plain text. */
export function isLuaPattern(keyword: string): boolean {
  return /[\^$()%.[\]*+\-?]/.test(keyword);
}

/** Whether these filters need Lua. */
export function needLua(filters: JobFilters): boolean {
  const keywords = [filters.in, filters.out, filters.all].flatMap((list) => list ?? []);
  return filters.fragments && keywords.some(isLuaPattern);
}

/** Why a job is not wanted, as a sentence without subject; null when it is. Throws FilterError. */
export function refusal(params: {
  job: FilteredJob;
  filters: JobFilters;
  os: OsChoice;
  finds: PatternFinder;
}): string | null {
  const { job, filters, os } = params;
  const matches = (keyword: string): boolean =>
    job.description.includes(keyword) ||
    (filters.fragments && job.paths.some((path) => params.finds(keyword, path)));
  for (const keyword of filters.all ?? []) {
    if (!matches(keyword)) return `does not match '${keyword}'`;
  }
  const otherOs = osRefusal(job.config, os);
  if (otherOs !== null) return otherOs;
  const wanted = filters.in ?? [];
  if (wanted.length > 0 && !wanted.some(matches)) return `matches none of '${wanted.join("', '")}'`;
  for (const keyword of filters.out ?? []) {
    if (matches(keyword)) return `matches '${keyword}', which is filtered out`;
  }
  return null;
}

/** The operating system that the base config asks for; null = any. */
export interface OsChoice {
  readonly type: YamlValue;
  readonly version: YamlValue;
}

/** What a base config says of the operating system. */
export function osChoice(base: YamlMap): OsChoice {
  return { type: base.get('os_type') ?? null, version: base.get('os_version') ?? null };
}

function osRefusal(config: YamlMap, os: OsChoice): string | null {
  const type = config.get('os_type') ?? null;
  if (os.type !== null && !sameScalar(type, os.type)) return `is for os_type ${String(type)}`;
  if (os.version === null) return null;
  const version = comparableVersion(config.get('os_version') ?? null);
  return version === comparableVersion(os.version) ? null : `is for os_version ${version}`;
}

function sameScalar(a: YamlValue, b: YamlValue): boolean {
  return a === b || (a instanceof YamlFloat && b instanceof YamlFloat && a.value === b.value);
}

/** `9.stream` and `9` are one version. A version written as a number counts as Lua prints it. */
export function comparableVersion(version: YamlValue): string {
  const text = luaText(version);
  if (text === null) {
    throw new FilterError({
      keyword: 'os_version',
      reason: `${String(version)} is neither a string nor a number`,
    });
  }
  return text.replaceAll(/[\s\S]stream/g, '');
}

function luaText(value: YamlValue): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(Number(value.toPrecision(14)));
  return typeof value === 'bigint' || value instanceof YamlFloat ? String(value) : null;
}
