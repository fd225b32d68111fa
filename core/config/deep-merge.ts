import { YamlFloat, YamlTimestamp, isYamlMap } from './yaml-value.ts';
import type { YamlKey, YamlMap, YamlValue } from './yaml-value.ts';

/** A list or a map met a value of another kind, which merging refuses rather than lose what was there. */
export class MergeConflictError extends Error {
  override readonly name = 'MergeConflictError';
  readonly path: readonly YamlKey[]; // from the top of the document
  readonly left: YamlValue;
  readonly right: YamlValue;
  constructor(params: { path: readonly YamlKey[]; left: YamlValue; right: YamlValue }) {
    const where = params.path.length === 0 ? 'the top level' : `'${params.path.map(String).join('.')}'`;
    super(`cannot merge ${describe(params.right)} into ${describe(params.left)} at ${where}`);
    this.path = params.path;
    this.left = params.left;
    this.right = params.right;
  }
}

/**
 * Merges `b` over `a`: null never overrides, maps merge key by key, lists concatenate, anything replaces a scalar.
 * Neither argument is changed; the result shares every part that only one of them has. Throws MergeConflictError.
 */
export function deepMerge(a: YamlValue, b: YamlValue): YamlValue {
  return merge(a, b, top);
}

/**
 * `deepMerge` for two documents, whose merge is always a document. `onKindChange` is told when a list or map takes the place of
 * a scalar: only then can merging in another grouping hide a conflict, `a + (b + c)` for `(a + b) + c`.
 */
export function mergeMaps(a: YamlMap, b: YamlMap, onKindChange?: () => void): YamlMap {
  return mergeMap(a, b, onKindChange === undefined ? top : { ...top, onKindChange });
}

/** The key of `map` that Python would call equal to `key`: `1`, `1.0` and `true` are one key, dates compare by value. */
export function existingKey(map: YamlMap, key: YamlKey): YamlKey | undefined {
  if (map.has(key)) return key;
  if (typeof key === 'string' || key === null) return undefined;
  const wanted = comparable(key);
  for (const candidate of map.keys()) {
    if (typeof candidate !== 'string' && comparable(candidate) === wanted) return candidate;
  }
  return undefined;
}

/** The way from the top of the document to the values being merged. */
interface Trail {
  readonly parent: Trail | null; // null = the top
  readonly key: YamlKey;
  readonly onKindChange: (() => void) | null;
}

const top: Trail = { parent: null, key: null, onKindChange: null };

function merge(a: YamlValue, b: YamlValue, trail: Trail): YamlValue {
  if (b === null) return a;
  if (a === null) return b;
  if (isYamlMap(a)) {
    if (!isYamlMap(b)) throw conflict(a, b, trail);
    return mergeMap(a, b, trail);
  }
  if (Array.isArray(a)) {
    if (!Array.isArray(b)) throw conflict(a, b, trail);
    if (b.length === 0) return a;
    return a.length === 0 ? b : (a as YamlValue[]).concat(b as YamlValue[]);
  }
  if (trail.onKindChange !== null && (isYamlMap(b) || Array.isArray(b))) trail.onKindChange();
  return b;
}

function mergeMap(a: YamlMap, b: YamlMap, trail: Trail): YamlMap {
  if (b.size === 0) return a;
  if (a.size === 0) return b;
  let result: Map<YamlKey, YamlValue> | null = null;
  for (const [given, value] of b) {
    const key = typeof given === 'string' ? given : (existingKey(a, given) ?? given);
    const before = a.get(key);
    if (before === undefined) {
      result ??= new Map(a);
      result.set(key, value);
    } else if (value !== null) {
      const after =
        before === null
          ? value
          : merge(before, value, { parent: trail, key, onKindChange: trail.onKindChange });
      if (after !== before) {
        result ??= new Map(a);
        result.set(key, after);
      }
    }
  }
  return result ?? a;
}

function conflict(left: YamlValue, right: YamlValue, trail: Trail): MergeConflictError {
  const path: YamlKey[] = [];
  for (let step = trail; step.parent !== null; step = step.parent) path.unshift(step.key);
  return new MergeConflictError({ path, left, right });
}

function comparable(key: YamlKey): unknown {
  if (typeof key === 'boolean') return Number(key);
  if (key instanceof YamlFloat) return key.value;
  if (key instanceof YamlTimestamp) return `${key.kind} ${key.iso}`;
  return key;
}

function describe(value: YamlValue): string {
  if (isYamlMap(value)) return `a map of ${value.size}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string')
    return `the string '${value.length > 60 ? `${value.slice(0, 60)}...` : value}'`;
  return `the value ${String(value)}`;
}
