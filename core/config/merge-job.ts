import { MergeConflictError, mergeMaps } from './deep-merge.ts';
import { JobConfigError } from './job-problem.ts';
import { isYamlMap } from './yaml-value.ts';
import type { DocumentPath, JobProblem } from './job-problem.ts';
import type { YamlMap, YamlValue } from './yaml-value.ts';

/** One of the documents that a job is merged from. */
export interface JobSource {
  readonly file: string | null; // null = it has no name
  readonly value: YamlValue;
}

/**
 * Deep-merges the documents of a job from left to right; empty ones add nothing. Throws JobConfigError, which names the file,
 * for a document that is no map and for one that cannot be merged into those before it.
 */
export function mergeJobSources(sources: readonly JobSource[]): YamlMap {
  let merged: YamlMap = new Map();
  for (const { file, value } of sources) {
    if (value === null) continue;
    if (!isYamlMap(value)) throw notAMap(file, value);
    merged = mergeOne(merged, file, value);
  }
  return merged;
}

function mergeOne(merged: YamlMap, file: string | null, value: YamlMap): YamlMap {
  try {
    return mergeMaps(merged, value);
  } catch (error) {
    if (!(error instanceof MergeConflictError)) throw error;
    const problem = { file, line: null, path: error.path, value: error.right, sentence: error.message };
    throw new JobConfigError([problem], { cause: error });
  }
}

function notAMap(file: string | null, value: YamlValue): JobConfigError {
  const kind = Array.isArray(value) ? 'a list' : `'${String(value)}'`;
  return new JobConfigError([
    { file, line: null, path: [], value, sentence: `a job must be a map of keys, not ${kind}` },
  ]);
}

/**
 * Which source a place of the merged job came from, and where it is there: list items are counted through the sources, of a
 * value that several have the last is taken. Null when none has it.
 */
export function originOf(
  sources: readonly JobSource[],
  path: DocumentPath,
): Pick<JobProblem, 'file' | 'path'> | null {
  let holders: Holder[] = sources.map((source) => ({ file: source.file, value: source.value, path: [] }));
  for (const step of path) {
    holders = Array.isArray(holders.find((holder) => holder.value !== null)?.value)
      ? itemHolder(holders, Number(step))
      : holders.flatMap((holder) => memberOf(holder, step));
  }
  return holders.at(-1) ?? null;
}

interface Holder {
  readonly file: string | null;
  readonly path: DocumentPath;
  readonly value: YamlValue;
}

function itemHolder(holders: readonly Holder[], index: number): Holder[] {
  let before = 0;
  for (const { file, path, value } of holders) {
    if (!Array.isArray(value)) continue;
    const local = index - before;
    if (local < value.length)
      return [{ file, path: [...path, local], value: (value as YamlValue[])[local] ?? null }];
    before += value.length;
  }
  return [];
}

function memberOf({ file, path, value }: Holder, step: DocumentPath[number]): Holder[] {
  if (!isYamlMap(value) || !value.has(step)) return [];
  return [{ file, path: [...path, step], value: value.get(step) ?? null }];
}
