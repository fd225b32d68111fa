import { pythonFloat } from '../../config/canonical-json.ts';
import { YamlFloat, YamlTimestamp, isYamlMap } from '../../config/yaml-value.ts';
import type { YamlValue } from '../../config/yaml-value.ts';

/** A value as Python's `str()` has it, which is what stands in the original's tables. */
export function pythonText(value: YamlValue): string {
  return typeof value === 'string' ? value : representation(value);
}

function representation(value: YamlValue): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : pythonFloat(value);
  if (typeof value === 'bigint' || value instanceof YamlFloat) return String(value);
  if (value instanceof YamlTimestamp) return value.iso.replace('T', ' ');
  if (isYamlMap(value)) {
    const members = [...value].map(([key, item]) => `${representation(key)}: ${representation(item)}`);
    return `{${members.join(', ')}}`;
  }
  if (value instanceof Uint8Array) return `b${quoted(String.fromCharCode(...value))}`;
  if (value instanceof Set)
    return value.size === 0 ? 'set()' : `{${[...value].map(representation).join(', ')}}`;
  return `[${(value as readonly YamlValue[]).map(representation).join(', ')}]`;
}

/** In single quotes unless only double ones spare a backslash. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
  const escaped = text.replaceAll(/[\\\p{Cc}]/gu, (found) => named[found] ?? hexadecimal(found));
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

function hexadecimal(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
