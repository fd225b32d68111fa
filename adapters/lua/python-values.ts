import { pythonFloat } from '../../core/config/canonical-json.ts';
import { YamlFloat, YamlTimestamp, isYamlMap } from '../../core/config/yaml-value.ts';
import type { YamlMap, YamlValue } from '../../core/config/yaml-value.ts';

/** Whether Python's `==` holds: numbers compare across their types, containers by content. */
export function pythonEquals(a: YamlValue, b: YamlValue): boolean {
  if (a === b) return true;
  const left = numeric(a);
  if (left !== null) return left === numeric(b);
  if (a instanceof YamlTimestamp) return b instanceof YamlTimestamp && a.kind === b.kind && a.iso === b.iso;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => pythonEquals(item, b[i]));
  if (!isYamlMap(a) || !isYamlMap(b) || a.size !== b.size) return false;
  return [...a].every(([key, value]) => b.has(key) && pythonEquals(value, b.get(key) ?? null));
}

/** Whether Python holds a value for true. */
export function pythonTruth(value: YamlValue): boolean {
  if (isYamlMap(value) || value instanceof Set) return value.size > 0;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  return value !== null && value !== '' && numeric(value) !== 0;
}

/** Orders numbers among numbers and strings among strings; null for what Python would refuse to compare. */
export function pythonCompare(a: YamlValue, b: YamlValue): number | null {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  const left = numeric(a);
  const right = numeric(b);
  return left === null || right === null ? null : left < right ? -1 : Number(left > right);
}

/** Python's `repr()`. */
export function pythonRepr(value: YamlValue, tuples: WeakSet<object>): string {
  const repr = (item: YamlValue): string => pythonRepr(item, tuples);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' && !Number.isInteger(value)) return pythonFloat(value);
  if (isYamlMap(value))
    return `{${[...value].map(([key, item]) => `${repr(key)}: ${repr(item)}`).join(', ')}}`;
  if (Array.isArray(value)) {
    const items = (value as readonly YamlValue[]).map(repr).join(', ');
    if (!tuples.has(value)) return `[${items}]`;
    return value.length === 1 ? `(${items},)` : `(${items})`;
  }
  if (value instanceof Set) return value.size === 0 ? 'set()' : `{${[...value].map(repr).join(', ')}}`;
  return String(value);
}

export function typeName(value: YamlValue): string {
  if (value === null) return 'NoneType';
  if (isYamlMap(value)) return 'dict';
  if (Array.isArray(value)) return 'list';
  if (value instanceof YamlTimestamp) return value.kind;
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof YamlFloat) return 'float';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return { string: 'str', boolean: 'bool', bigint: 'int' }[typeof value as string] ?? 'set';
}

/** The value of a number or boolean, null for anything else. */
function numeric(value: YamlValue): number | bigint | null {
  if (typeof value === 'boolean') return Number(value);
  if (value instanceof YamlFloat) return value.value;
  return typeof value === 'number' || typeof value === 'bigint' ? value : null;
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `${quote}${escaped}${quote}`;
}

/** A map as Python's `dict(x)` makes it from a map or from a list of pairs; null for anything else. */
export function toDictEntries(value: YamlValue): YamlMap | null {
  if (value === null) return new Map();
  if (isYamlMap(value)) return value;
  if (!Array.isArray(value)) return null;
  const pairs = value as readonly YamlValue[];
  if (!pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) return null;
  return new Map(pairs as readonly [string, YamlValue][]);
}
