import { MergeConflictError, existingKey } from './deep-merge.ts';
import { YamlTimestamp, isYamlMap } from './yaml-value.ts';
import type { YamlKey, YamlMap, YamlValue } from './yaml-value.ts';

/** A document that scripts may change in place. Only its owner may; whoever keeps it afterwards treats it like the rest. */
export type MutableMap = Map<YamlKey, YamlValue>;

/** A date under a key that has no value yet, which the original cannot merge; over another value, or in a list, it can. */
export class NewDateError extends Error {
  override readonly name = 'NewDateError';
  constructor(date: YamlTimestamp) {
    super(`the date ${date.iso} cannot be merged under a new key; put it in quotes`);
  }
}

/** A private copy. What was one object in several places (a YAML alias) is one object in the copy, too. */
export function mutableCopy(document: YamlMap): MutableMap {
  return copy(document, new Map()) as MutableMap;
}

/**
 * Merges `b` into `a` in place, with the rules of `deepMerge`, and returns the result, which is `a` wherever `a` can hold it. Elements
 * of lists are not copied: both lists then hold the same objects, and scripts can tell. Throws MergeConflictError and
 * NewDateError, with what came before the fault already merged.
 */
export function mergeInto(a: YamlValue, b: YamlValue): YamlValue {
  if (b === null) return a;
  if (a === null) return adopted(b);
  if (isYamlMap(a)) {
    if (!isYamlMap(b)) throw new MergeConflictError({ path: [], left: a, right: b });
    for (const [given, value] of b) {
      const key = existingKey(a, given) ?? given;
      (a as MutableMap).set(key, mergeUnder(key, a.get(key) ?? null, value));
    }
    return a;
  }
  if (!Array.isArray(a)) return b;
  if (!Array.isArray(b)) throw new MergeConflictError({ path: [], left: a, right: b });
  // The length is read first: a list may be merged into itself.
  for (let i = 0, end = b.length; i < end; i++) a.push(b[i]);
  return a;
}

function mergeUnder(key: YamlKey, a: YamlValue, b: YamlValue): YamlValue {
  try {
    return mergeInto(a, b);
  } catch (error) {
    if (!(error instanceof MergeConflictError)) throw error;
    throw new MergeConflictError({ path: [key, ...error.path], left: error.left, right: error.right });
  }
}

/** Maps and lists get a fresh outside when they enter a document; the elements of lists stay what they are. */
function adopted(value: YamlValue): YamlValue {
  if (value instanceof YamlTimestamp) throw new NewDateError(value);
  if (isYamlMap(value)) return mergeInto(new Map(), value);
  return Array.isArray(value) ? [...(value as readonly YamlValue[])] : value;
}

function copy(value: YamlValue, copies: Map<object, YamlValue>): YamlValue {
  if (!isYamlMap(value) && !Array.isArray(value)) return value;
  const before = copies.get(value);
  if (before !== undefined) return before;
  if (isYamlMap(value)) {
    const map: MutableMap = new Map();
    copies.set(value, map);
    for (const [key, item] of value) map.set(key, copy(item, copies));
    return map;
  }
  const list: YamlValue[] = [];
  copies.set(value, list);
  for (const item of value as readonly YamlValue[]) list.push(copy(item, copies));
  return list;
}
