import { YamlFloat } from '../../core/config/yaml-value.ts';
import { parseTimestamp } from './timestamps.ts';
import type { YamlTimestamp } from '../../core/config/yaml-value.ts';

/** The prefix that `!!` stands for. */
export const yamlTag = 'tag:yaml.org,2002:';

const int =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const float =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const timestamp =
  /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/;
const word = new Map<string, string>([
  ...['', '~', 'null', 'Null', 'NULL'].map((text) => [text, `${yamlTag}null`] as const),
  ...['yes', 'Yes', 'YES', 'no', 'No', 'NO', 'on', 'On', 'ON', 'off', 'Off', 'OFF'].map(
    (text) => [text, `${yamlTag}bool`] as const,
  ),
  ...['true', 'True', 'TRUE', 'false', 'False', 'FALSE'].map((text) => [text, `${yamlTag}bool`] as const),
  ['<<', `${yamlTag}merge`],
  ['=', `${yamlTag}value`],
]);

/** The tag that PyYAML gives to a plain scalar: YAML 1.1 without `y`/`n`, floats only with a dot, signed exponents only. */
export function tagOfPlain(text: string): string {
  const first = text.charCodeAt(0);
  const mayBeNumber = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e;
  if (!mayBeNumber) return word.get(text) ?? `${yamlTag}str`;
  if (int.test(text)) return `${yamlTag}int`;
  if (float.test(text)) return `${yamlTag}float`;
  return timestamp.test(text) ? `${yamlTag}timestamp` : `${yamlTag}str`;
}

/** The value of a scalar under a tag, or undefined when the text does not fit it. Throws nothing. */
export function scalarValue(tag: string, text: string): ScalarValue | undefined {
  switch (tag.slice(yamlTag.length)) {
    case 'str':
      return text;
    case 'null':
      return null;
    case 'bool':
      return booleans.get(text.toLowerCase());
    case 'int':
      return parseInteger(text);
    case 'float':
      return parseFloating(text);
    case 'timestamp':
      return parseTimestamp(text) ?? undefined;
    case 'binary':
      return parseBinary(text);
    default:
      return undefined;
  }
}

export type ScalarValue =
  | string
  | null
  | boolean
  | number
  | bigint
  | YamlFloat
  | YamlTimestamp
  | Uint8Array<ArrayBuffer>;

const booleans = new Map([
  ['yes', true],
  ['no', false],
  ['true', true],
  ['false', false],
  ['on', true],
  ['off', false],
]);

function parseInteger(text: string): number | bigint | undefined {
  const bare = text.trim().replaceAll('_', '');
  const negative = bare.startsWith('-');
  const digits = bare.replace(/^[-+]/, '');
  const size = magnitude(digits);
  if (size === undefined) return undefined;
  const value = negative ? -size : size;
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}

function magnitude(digits: string): bigint | undefined {
  if (/^0[bx][0-9a-fA-F]+$/.test(digits))
    return digits[1] === 'b' && !/^0b[01]+$/.test(digits) ? undefined : BigInt(digits);
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  if (/^(?:0|[1-9]\d*)$/.test(digits)) return BigInt(digits);
  if (!/^\d+(?::\d+)+$/.test(digits) || digits.startsWith('0')) return undefined;
  return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
}

function parseFloating(text: string): number | YamlFloat | undefined {
  const bare = text.trim().replaceAll('_', '').toLowerCase();
  const sign = bare.startsWith('-') ? -1 : 1;
  const digits = bare.replace(/^[-+]/, '');
  const size = floatingSize(digits);
  return size === undefined ? undefined : toFloat(sign * size);
}

function floatingSize(digits: string): number | undefined {
  if (digits === '.inf') return Infinity;
  if (digits === '.nan') return NaN;
  if (/^[\d.]+(?::[\d.]+)+$/.test(digits)) return sexagesimal(digits.split(':'));
  return /^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(digits) ? Number(digits) : undefined;
}

/** Summed from the last part on, as Python does it, so that the rounding is the same. */
function sexagesimal(parts: readonly string[]): number | undefined {
  let sum = 0;
  let base = 1;
  for (const part of parts.toReversed()) {
    sum += Number(part) * base;
    base *= 60;
  }
  return Number.isNaN(sum) ? undefined : sum;
}

function toFloat(value: number): number | YamlFloat {
  return Number.isInteger(value) ? new YamlFloat(value) : value;
}

/** Like Python's decoder, which skips what is not in the alphabet and refuses a text whose length cannot be. */
function parseBinary(text: string): Uint8Array<ArrayBuffer> | undefined {
  const symbols = text.replace(/[^A-Za-z0-9+/=]/g, '');
  if (symbols.length % 4 !== 0) return undefined;
  return Uint8Array.from(Buffer.from(symbols, 'base64'));
}
