import type { YamlValue } from '../config/yaml-value.ts';
import type { YamlCodec } from './yaml-codec.ts';

/** Lua in fragments: `teuthology.premerge` and `teuthology.postmerge`. */
export interface MergeScripts {
  /** A fresh interpreter whose `math.random` starts from the seed. Costly; whoever starts it closes it. */
  start(params: {
    seed: number | bigint;
    yaml: YamlCodec; // for `yaml_load`
    log: (level: ScriptLogLevel, message: string) => void;
  }): Promise<ScriptInterpreter>;
}

/** One interpreter serves all scripts of an expansion in turn: they share its random numbers and nothing else. */
export interface ScriptInterpreter {
  /** Reads a script. Throws ScriptError when it is malformed. */
  load(script: string): LoadedScript;
  /** Whether a Lua pattern occurs in a text, as `string.find` sees it. Throws ScriptError for a malformed pattern. */
  finds(pattern: string, text: string): boolean;
  /** Frees its memory. Safe to call twice. */
  close(): void;
}

export interface LoadedScript {
  /**
   * Runs the script in a sandbox of its own, with these globals, and says whether it accepts. Maps and lists among them are changed
   * in place by the script, and keep what it did when it rejects or fails. A script that does not end is stopped.
   * Throws ScriptError.
   */
  run(variables: ReadonlyMap<string, YamlValue>): boolean;
}

export type ScriptLogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A script, or a pattern, that failed. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
  /** The class that the original raises: `LuaError` for what went wrong in Lua, Python's own for what a script did to the document. */
  readonly originalError: string;
  constructor(params: { message: string; originalError: string; cause?: unknown }) {
    super(params.message, params.cause === undefined ? undefined : { cause: params.cause });
    this.originalError = params.originalError;
  }
}
