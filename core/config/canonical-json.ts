import { compareCodePoints } from './code-point-order.ts';
import { YamlFloat, YamlTimestamp, isYamlMap } from './yaml-value.ts';
import type { YamlKey, YamlMap, YamlValue } from './yaml-value.ts';

/**
 * A writer of canonical JSON: keys as strings in code-point order, no spaces, non-ASCII as it is, integers in full, floats as Python
 * prints them (`1.0`, `1e-07`), and what JSON lacks as `{"!date": ...}`, `{"!binary": ...}` and the like. Equal documents
 * give equal text, so that texts and their hashes can be compared. The writer remembers the text of the maps and lists
 * that it met lately: of merged jobs, which share most of their parts, little is written anew.
 */
export function canonicalJsonWriter(): (value: YamlValue) => string {
  const texts = recentTexts();
  const write = (value: YamlValue): string => {
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value === 'number') return writeNumber(value);
    if (value === null || typeof value !== 'object') return String(value);
    const before = texts.get(value);
    if (before !== undefined) return before;
    const text = writeObject(value, write);
    texts.set(value, text);
    return text;
  };
  return write;
}

const GENERATION = 256; // texts // texts

/** A memory of two generations: what is not asked for while a generation fills up is forgotten. A WeakMap costs more than it saves here. */
function recentTexts(): { get(value: object): string | undefined; set(value: object, text: string): void } {
  let young = new Map<object, string>();
  let old = new Map<object, string>();
  const set = (value: object, text: string): void => {
    if (young.size >= GENERATION) {
      old = young;
      young = new Map();
    }
    young.set(value, text);
  };
  return {
    get: (value) => {
      const text = young.get(value);
      if (text !== undefined) return text;
      const older = old.get(value);
      if (older !== undefined) set(value, older);
      return older;
    },
    set,
  };
}

/** The canonical JSON of one value; see `canonicalJsonWriter`. */
export function canonicalJson(value: YamlValue): string {
  return canonicalJsonWriter()(value);
}

/** The shortest decimal form of a float that reads back as the same float, in Python's notation. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Number.isInteger(value)) return new YamlFloat(value).toString();
  if (Math.abs(value) >= 1e-4) return String(value);
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}

type Write = (value: YamlValue) => string;
type YamlObject = Extract<YamlValue, object>;

function writeObject(value: YamlObject, write: Write): string {
  if (isYamlMap(value)) return writeMap(value, write);
  if (Array.isArray(value)) return `[${(value as readonly YamlValue[]).map(write).join(',')}]`;
  if (value instanceof YamlFloat)
    return Number.isFinite(value.value) ? value.toString() : writeNumber(value.value);
  if (value instanceof YamlTimestamp) return `{"!${value.kind}":${JSON.stringify(value.iso)}}`;
  if (value instanceof Uint8Array) return `{"!binary":"${base64(value)}"}`;
  const members = [...(value as ReadonlySet<YamlValue>)].map(write).sort(compareCodePoints);
  return `{"!set":[${members.join(',')}]}`;
}

function writeMap(map: YamlMap, write: Write): string {
  const entries: [string, YamlValue][] = [];
  for (const [key, value] of map) entries.push([keyText(key), value]);
  if (entries.length > 1) entries.sort(([a], [b]) => compareCodePoints(a, b));
  let text = '';
  for (const [key, value] of entries)
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${write(value)}`;
  return `{${text}}`;
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) return `{"!float":"${pythonFloat(value)}"}`;
  return Number.isInteger(value) ? String(value) : pythonFloat(value);
}

function keyText(key: YamlKey): string {
  if (typeof key === 'string') return key;
  return typeof key === 'number' && !Number.isInteger(key) ? pythonFloat(key) : String(key);
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
