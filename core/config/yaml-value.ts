/**
 * Job data as YAML 1.1 knows it, kept exactly: key order, key types, and the difference between `1` and `1.0`
 * survive from a suite's fragment to the archived config. Values are immutable by convention: whoever changes
 * one makes a new one, so that merged configs can share their unchanged parts.
 */
export type YamlValue =
  | null
  | boolean
  | number // an int within 2^53, or a float that is not integral
  | bigint // an int beyond 2^53
  | string
  | YamlFloat // a float whose value is integral: 7.0
  | YamlTimestamp
  | Uint8Array // !!binary
  | readonly YamlValue[]
  | ReadonlySet<YamlValue> // !!set
  | YamlMap;

export type YamlMap = ReadonlyMap<YamlKey, YamlValue>;

/** Keys are scalars; a repeated key keeps its first position and its last value, as in PyYAML. */
export type YamlKey = null | boolean | number | bigint | string | YamlFloat | YamlTimestamp;

/** A float with an integral value, which a plain number could not tell from an int. Prints as Python does: `7.0`, `1e+16`. */
export class YamlFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
  valueOf(): number {
    return this.value;
  }
  toString(): string {
    if (Math.abs(this.value) >= 1e16) return this.value.toExponential().replace(/e\+(\d)$/, 'e+0$1');
    return Object.is(this.value, -0) ? '-0.0' : `${this.value}.0`;
  }
}

/** A date or datetime, kept as Python's isoformat() text. */
export class YamlTimestamp {
  readonly kind: 'date' | 'datetime';
  readonly iso: string;
  constructor(kind: 'date' | 'datetime', iso: string) {
    this.kind = kind;
    this.iso = iso;
  }
  toString(): string {
    return this.iso;
  }
}

/** Whether a value is a YAML mapping. */
export function isYamlMap(value: unknown): value is YamlMap {
  return value instanceof Map;
}

/** What tasks and the API see: ordinary JSON data. Map keys become strings, `7.0` becomes 7, timestamps their text. */
export type PlainValue = null | boolean | number | string | PlainValue[] | { [key: string]: PlainValue };

/** The plain form of a value. Objects have no prototype, so that a key such as `__proto__` is only a key. */
export function toPlain(value: YamlValue): PlainValue {
  if (
    value === null ||
    typeof value === 'boolean' ||
    typeof value === 'number' ||
    typeof value === 'string'
  ) {
    return value;
  }
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof YamlFloat) return value.value;
  if (value instanceof YamlTimestamp) return value.iso;
  if (value instanceof Uint8Array) return [...value];
  if (value instanceof Set) return [...value].map(toPlain);
  if (isYamlMap(value)) {
    const plain: { [key: string]: PlainValue } = Object.create(null);
    for (const [key, item] of value) plain[String(key)] = toPlain(item);
    return plain;
  }
  return (value as readonly YamlValue[]).map(toPlain);
}

/** The YAML form of plain data: objects become maps in their own key order. */
export function fromPlain(value: unknown): YamlValue {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value === 'object' && !(value instanceof Map)) {
    if (value instanceof YamlFloat || value instanceof YamlTimestamp || value instanceof Uint8Array)
      return value;
    if (value instanceof Set) return value as ReadonlySet<YamlValue>;
    return new Map(Object.entries(value).map(([key, item]) => [key, fromPlain(item)]));
  }
  return value as YamlValue;
}
