import { existingKey } from '../../core/config/deep-merge.ts';
import type { MutableMap } from '../../core/config/mutable-document.ts';
import { isYamlMap } from '../../core/config/yaml-value.ts';
import type { YamlKey, YamlValue } from '../../core/config/yaml-value.ts';
import { pythonError } from './python-error.ts';
import { pythonCompare, pythonEquals, pythonRepr, toDictEntries, typeName } from './python-values.ts';

/** Lists of the scripts' document, which is theirs to change. */
type MutableList = YamlValue[];

/** Python tuples are lists that remember it, for iteration and printing; in a document they are plain lists. */
export const tuples = new WeakSet<object>();

export function tuple(items: readonly YamlValue[]): YamlValue {
  const list = [...items];
  tuples.add(list);
  return list;
}

/** `container[key]`. Throws what Python would. */
export function getItem(container: YamlValue, key: YamlValue): YamlValue {
  if (isYamlMap(container)) {
    const found = existingKey(container, asKey(key));
    if (found === undefined) throw pythonError('KeyError', pythonRepr(key, tuples));
    return container.get(found) ?? null;
  }
  if (Array.isArray(container)) return (container as MutableList)[asIndex(container, key)] ?? null;
  throw pythonError('TypeError', `'${typeName(container)}' object is not subscriptable`);
}

/** `container[key] = value`. */
export function setItem(container: YamlValue, key: YamlValue, value: YamlValue): void {
  if (isYamlMap(container)) {
    const wanted = asKey(key);
    (container as MutableMap).set(existingKey(container, wanted) ?? wanted, value);
  } else if (Array.isArray(container) && !tuples.has(container)) {
    (container as MutableList)[asIndex(container, key)] = value;
  } else {
    const type = tuples.has(container as object) ? 'tuple' : typeName(container);
    throw pythonError('TypeError', `'${type}' object does not support item assignment`);
  }
}

/** `len(value)`. */
export function length(value: YamlValue): number {
  if (typeof value === 'string') return [...value].length;
  if (isYamlMap(value) || value instanceof Set) return value.size;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  throw pythonError('TypeError', `object of type '${typeName(value)}' has no len()`);
}

/** `iter(value)`: over live lists, and over the keys of maps. */
export function iterate(value: YamlValue): Iterator<YamlValue> {
  if (typeof value === 'string') return value[Symbol.iterator]();
  if (isYamlMap(value)) return value.keys();
  if (Array.isArray(value)) return (value as readonly YamlValue[])[Symbol.iterator]();
  if (value instanceof Set) return (value as ReadonlySet<YamlValue>)[Symbol.iterator]();
  throw pythonError('TypeError', `'${typeName(value)}' object is not iterable`);
}

/** A method as scripts reach it through `py_attrgetter`. Throws for one that the object does not have. */
export function method(value: YamlValue, name: string): (args: readonly YamlValue[]) => YamlValue {
  const table = isYamlMap(value) ? dictMethods : Array.isArray(value) ? listMethods : null;
  const found = table !== null && Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined) {
    throw pythonError('AttributeError', `'${typeName(value)}' object has no attribute '${name}'`);
  }
  return (args) => found(value as MutableMap & MutableList, args);
}

type Method<T> = (self: T, args: readonly YamlValue[]) => YamlValue;

const dictMethods: Record<string, Method<MutableMap>> = {
  get: (self, [key, otherwise]) => {
    const found = existingKey(self, asKey(key ?? null));
    return found === undefined ? (otherwise ?? null) : (self.get(found) ?? null);
  },
  keys: (self) => [...self.keys()],
  values: (self) => [...self.values()],
  items: (self) => [...self].map(tuple),
  pop: (self, args) => {
    const found = existingKey(self, asKey(args[0] ?? null));
    if (found === undefined && args.length > 1) return args[1] ?? null;
    const value = getItem(self, args[0] ?? null);
    self.delete(found ?? null);
    return value;
  },
  setdefault: (self, [key, otherwise]) => {
    if (existingKey(self, asKey(key ?? null)) === undefined) setItem(self, key ?? null, otherwise ?? null);
    return getItem(self, key ?? null);
  },
  update: (self, [other]) => {
    for (const [key, value] of dictEntries(other ?? null)) setItem(self, key, value);
    return null;
  },
  clear: (self) => {
    self.clear();
    return null;
  },
  copy: (self) => new Map(self),
  __contains__: (self, [key]) => existingKey(self, asKey(key ?? null)) !== undefined,
  __len__: (self) => self.size,
  __getitem__: (self, [key]) => getItem(self, key ?? null),
  __setitem__: (self, [key, value]) => {
    setItem(self, key ?? null, value ?? null);
    return null;
  },
  __delitem__: (self, [key]) => {
    getItem(self, key ?? null);
    self.delete(existingKey(self, asKey(key ?? null)) ?? null);
    return null;
  },
};

const listMethods: Record<string, Method<MutableList>> = {
  append: (self, [item]) => {
    self.push(item ?? null);
    return null;
  },
  extend: (self, [items]) => {
    const iterator = iterate(items ?? null);
    self.push(...Array.from({ [Symbol.iterator]: () => iterator }));
    return null;
  },
  insert: (self, [index, item]) => {
    self.splice(Number(index), 0, item ?? null);
    return null;
  },
  pop: (self, args) => {
    const index = asIndex(self, args[0] ?? -1);
    return self.splice(index, 1)[0] ?? null;
  },
  remove: (self, [item]) => {
    self.splice(position(self, item ?? null), 1);
    return null;
  },
  index: (self, [item]) => position(self, item ?? null),
  count: (self, [item]) => self.filter((candidate) => pythonEquals(candidate, item ?? null)).length,
  reverse: (self) => {
    self.reverse();
    return null;
  },
  sort: (self) => {
    self.sort((a, b) => pythonCompare(a, b) ?? incomparable(a, b));
    return null;
  },
  clear: (self) => {
    self.length = 0;
    return null;
  },
  copy: (self) => [...self],
  __contains__: (self, [item]) => self.some((candidate) => pythonEquals(candidate, item ?? null)),
  __len__: (self) => self.length,
  __getitem__: (self, [index]) => getItem(self, index ?? null),
  __setitem__: (self, [index, value]) => {
    setItem(self, index ?? null, value ?? null);
    return null;
  },
  __delitem__: (self, [index]) => {
    self.splice(asIndex(self, index ?? null), 1);
    return null;
  },
};

/** `dict(value)`, as a map that may be shared. */
export function dictEntries(value: YamlValue): ReadonlyMap<YamlKey, YamlValue> {
  const entries = toDictEntries(value);
  if (entries === null) throw pythonError('TypeError', `cannot make a dict of a '${typeName(value)}'`);
  return entries;
}

function asKey(key: YamlValue): YamlKey {
  if (isYamlMap(key) || Array.isArray(key) || key instanceof Set) {
    throw pythonError('TypeError', `unhashable type: '${typeName(key)}'`);
  }
  return key as YamlKey;
}

function asIndex(list: readonly YamlValue[], key: YamlValue): number {
  if (typeof key !== 'number' || !Number.isInteger(key)) {
    throw pythonError('TypeError', `list indices must be integers or slices, not ${typeName(key)}`);
  }
  const index = key < 0 ? key + list.length : key;
  if (index < 0 || index >= list.length) throw pythonError('IndexError', 'list index out of range');
  return index;
}

function position(list: readonly YamlValue[], item: YamlValue): number {
  const index = list.findIndex((candidate) => pythonEquals(candidate, item));
  if (index < 0) throw pythonError('ValueError', `${pythonRepr(item, tuples)} is not in list`);
  return index;
}

function incomparable(a: YamlValue, b: YamlValue): never {
  throw pythonError(
    'TypeError',
    `'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
  );
}
