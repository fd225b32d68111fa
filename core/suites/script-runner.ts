import { mutableCopy } from '../config/mutable-document.ts';
import type { YamlMap, YamlValue } from '../config/yaml-value.ts';
import type { Logger } from '../ports/logger.ts';
import { ScriptError } from '../ports/merge-scripts.ts';
import type { LoadedScript, MergeScripts, ScriptInterpreter } from '../ports/merge-scripts.ts';
import type { YamlCodec } from '../ports/yaml-codec.ts';
import { FilterError } from './errors.ts';
import type { Int } from './exact-int.ts';
import { isLuaPattern } from './filters.ts';
import type { JobFilters, PatternFinder } from './filters.ts';

/** The scripts of one expansion: one interpreter, started when it is first needed. */
export interface ScriptRunner {
  /** Must have resolved before `finds` is asked for a pattern that only Lua understands. */
  start(): Promise<void>;
  readonly finds: PatternFinder;
  /** Reads a script; throws ScriptError when it is malformed, even if it will never run. */
  load(script: string): Promise<LoadedScript>;
  /** What every script of the expansion sees, beside its own job. */
  readonly variables: ReadonlyMap<string, YamlValue>;
  close(): void;
}

export function scriptRunner(params: {
  scripts: MergeScripts;
  yaml: YamlCodec;
  seed: Int;
  suiteName: string;
  filters: JobFilters;
  baseConfig: YamlMap;
  logger: Logger | null;
}): ScriptRunner {
  const { scripts, yaml, seed, logger } = params;
  let interpreter: ScriptInterpreter | null = null;
  const started = async (): Promise<ScriptInterpreter> => {
    interpreter ??= await scripts.start({ seed, yaml, log: (level, message) => logger?.[level](message) });
    return interpreter;
  };
  return {
    start: async () => {
      await started();
    },
    finds: rememberingFinder((pattern, text) => {
      if (interpreter === null)
        throw new Error(`the pattern '${pattern}' was asked for before Lua was started`);
      return interpreter.finds(pattern, text);
    }),
    load: async (script) => (await started()).load(script),
    variables: sharedVariables(params),
    close: () => interpreter?.close(),
  };
}

/** The same few keywords meet the same fragments in thousands of jobs. */
function rememberingFinder(find: PatternFinder): PatternFinder {
  const known = new Map<string, Map<string, boolean>>();
  return (pattern, text) => {
    if (!isLuaPattern(pattern)) return text.includes(pattern);
    let answers = known.get(pattern);
    if (answers === undefined) known.set(pattern, (answers = new Map()));
    let answer = answers.get(text);
    if (answer === undefined) answers.set(text, (answer = asFilter(pattern, () => find(pattern, text))));
    return answer;
  };
}

function asFilter<T>(keyword: string, find: () => T): T {
  try {
    return find();
  } catch (cause) {
    throw cause instanceof ScriptError ? new FilterError({ keyword, reason: cause.message, cause }) : cause;
  }
}

function sharedVariables(params: {
  seed: Int;
  suiteName: string;
  filters: JobFilters;
  baseConfig: YamlMap;
}): ReadonlyMap<string, YamlValue> {
  const { filters } = params;
  return new Map<string, YamlValue>([
    ['suite_name', params.suiteName],
    ['seed', params.seed],
    ['base_config', mutableCopy(params.baseConfig)],
    ['filter_in', filters.in === null ? null : [...filters.in]],
    ['filter_out', filters.out === null ? null : [...filters.out]],
    ['filter_all', filters.all === null ? null : [...filters.all]],
    ['filter_fragments', filters.fragments],
  ]);
}
