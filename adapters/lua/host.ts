import { MergeConflictError } from '../../core/config/deep-merge.ts';
import { NewDateError, mergeInto, mutableCopy } from '../../core/config/mutable-document.ts';
import type { YamlValue } from '../../core/config/yaml-value.ts';
import { ScriptError } from '../../core/ports/merge-scripts.ts';
import type { ScriptLogLevel } from '../../core/ports/merge-scripts.ts';
import type { YamlCodec } from '../../core/ports/yaml-codec.ts';
import type { Border } from './border.ts';
import { pythonError } from './python-error.ts';
import { dictEntries, getItem, iterate, length, method, setItem, tuple, tuples } from './python-objects.ts';
import { pythonRepr, pythonTruth } from './python-values.ts';

/** The one function that Lua can call, and the failure it ended with, which Lua only sees as a text. */
export interface Host {
  call(operation: string, ...operands: string[]): string;
  takeFailure(): ScriptError | null;
}

export interface HostParams {
  readonly border: Border;
  readonly yaml: YamlCodec;
  readonly log: (level: ScriptLogLevel, message: string) => void;
}

/** Never throws into Lua: a failure is kept, and Lua gets a text that ends the script. */
export function scriptHost(params: HostParams): Host {
  const operations = hostOperations(params);
  let failure: ScriptError | null = null;
  return {
    call: (operation, ...operands) => {
      try {
        const act = operations[operation];
        if (act === undefined) throw pythonError('RuntimeError', `no operation '${operation}'`);
        return act(operands);
      } catch (error) {
        failure = asScriptError(error);
        return `!${failure.message}`;
      }
    },
    takeFailure: () => {
      const taken = failure;
      failure = null;
      return taken;
    },
  };
}

function hostOperations(params: HostParams): Record<string, (operands: readonly string[]) => string> {
  const { border } = params;
  type Act = (...values: YamlValue[]) => YamlValue;
  const onValues = (act: Act) => (operands: readonly string[]) =>
    border.toLua(act(...operands.map(border.fromLua)));
  return {
    get: onValues((container = null, key = null) => getItem(container, key)),
    set: onValues((container = null, key = null, value = null) => {
      setItem(container, key, value);
      return null;
    }),
    len: onValues((value = null) => length(value)),
    str: onValues((value = null) => pythonRepr(value, tuples)),
    truth: onValues((value = null) => pythonTruth(value)),
    merge: onValues((a = null, b = null) => mergeInto(a, b)),
    dict: onValues((value = null) => new Map(dictEntries(value))),
    list: onValues((value = null) => (value === null ? [] : collect(value))),
    tuple: onValues((value = null) => tuple(value === null ? [] : collect(value))),
    yaml: onValues((text = null) => loadYaml(params.yaml, text)),
    attribute: onValues((object = null, name = null) => {
      method(object, String(name));
      return null;
    }),
    call: onValues((object = null, name = null, ...values) => method(object, String(name))(values)),
    iterate: ([value = 'n']) => border.keep(iterate(border.fromLua(value))),
    next: ([iterator = '']) => {
      const step = border.kept(iterator).next();
      return step.done === true ? 'x' : border.toLua(step.value);
    },
    log: ([level = 'debug', message = 's']) => {
      params.log(logLevels[level] ?? 'error', String(border.fromLua(message)));
      return 'n';
    },
    fail: ([originalError = 'RuntimeError', message = '']) => {
      throw pythonError(originalError, message);
    },
  };
}

const logLevels: Readonly<Record<string, ScriptLogLevel>> = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
};

function collect(value: YamlValue): YamlValue[] {
  const iterator = iterate(value);
  return Array.from({ [Symbol.iterator]: () => iterator });
}

function loadYaml(yaml: YamlCodec, text: YamlValue): YamlValue {
  const value = yaml.parse(String(text), 'yaml_load');
  // What the codec gives may be shared; a script may change what it gets.
  return mutableCopy(new Map([['loaded', value]])).get('loaded') ?? null;
}

function asScriptError(error: unknown): ScriptError {
  if (error instanceof ScriptError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const known = [
    [MergeConflictError, 'AssertionError'],
    [NewDateError, 'TypeError'],
  ] as const;
  const originalError = known.find(([type]) => error instanceof type)?.[1];
  return new ScriptError({ message, originalError: originalError ?? 'YAMLError', cause: error });
}
