import { YamlFloat } from '../../core/config/yaml-value.ts';
import type { YamlValue } from '../../core/config/yaml-value.ts';
import { pythonFloat } from '../../core/config/canonical-json.ts';
import { pythonError } from './python-error.ts';
import { tuples } from './python-objects.ts';

/** Carries values between Lua and TypeScript in the form that the prelude describes. */
export interface Border {
  toLua(value: YamlValue): string;
  fromLua(text: string): YamlValue;
  /** Hands out a number for something that is no value: an iterator. */
  keep(iterator: Iterator<YamlValue>): string;
  kept(text: string): Iterator<YamlValue>;
  /** Forgets every handle. */
  reset(): void;
}

export function border(): Border {
  let objects: object[] = [];
  let handles = new Map<object, number>();
  let foreign = new WeakMap<object, string>();
  const handle = (value: object): string => {
    let id = handles.get(value);
    if (id === undefined) {
      id = objects.push(value) - 1;
      handles.set(value, id);
    }
    return `${tuples.has(value) ? 'p' : 'h'}${id}`;
  };
  return {
    toLua: (value) => {
      if (value === null || typeof value !== 'object') return scalarToLua(value);
      if (value instanceof YamlFloat) return `d${pythonFloat(value.value)}`;
      if (value instanceof Uint8Array) return `s${escape(new TextDecoder().decode(value))}`;
      return foreign.get(value) ?? handle(value);
    },
    fromLua: (text) => {
      if (text.startsWith('h') || text.startsWith('p')) return objects[Number(text.slice(1))] as YamlValue;
      if (!text.startsWith('o')) return scalarFromLua(text);
      const stand = standIn(text);
      foreign.set(stand, text);
      return stand;
    },
    keep: (iterator) => `x${objects.push(iterator) - 1}`,
    kept: (text) => objects[Number(text.slice(1))] as Iterator<YamlValue>,
    reset: () => {
      objects = [];
      handles = new Map();
      foreign = new WeakMap();
    },
  };
}

/** A Lua table or function put into a document is not data: what stays of it is only that it was there. */
function standIn(text: string): Map<string, string> {
  return new Map([['!other', text.startsWith('oF') ? '_LuaFunction' : '_LuaTable']]);
}

function scalarToLua(value: Exclude<YamlValue, object>): string {
  if (value === null) return 'n';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'string') return `s${escape(value)}`;
  if (typeof value === 'number' && !Number.isInteger(value)) return `d${pythonFloat(value)}`;
  if (BigInt.asIntN(64, BigInt(value)) !== BigInt(value)) {
    throw pythonError('OverflowError', `${value} does not fit into 64 bits`);
  }
  return `i${value}`;
}

function scalarFromLua(text: string): YamlValue {
  const rest = text.slice(1);
  switch (text[0]) {
    case 's':
      return unescape(rest);
    case 't':
    case 'f':
      return text === 't';
    case 'i':
      return Number.isSafeInteger(Number(rest)) ? Number(rest) : BigInt(rest);
    case 'd':
      return floatFromLua(rest);
    default:
      return null;
  }
}

function floatFromLua(text: string): YamlValue {
  if (text.includes('nan')) return Number.NaN;
  if (text.includes('inf')) return text.startsWith('-') ? -Infinity : Infinity;
  const value = Number(text);
  return Number.isInteger(value) ? new YamlFloat(value) : value;
}

/** A text as it may cross the border. */
export function escape(text: string): string {
  return text.replaceAll('\x01', '\x01a').replaceAll('\0', '\x01b');
}

function unescape(text: string): string {
  return text.replaceAll('\x01b', '\0').replaceAll('\x01a', '\x01');
}
