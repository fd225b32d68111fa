import { isYamlMap } from '../../core/config/yaml-value.ts';
import type { YamlKey, YamlValue } from '../../core/config/yaml-value.ts';

const hidden = '********';
const shortest = 6; // a shorter secret would blot out ordinary words all over the log
const secretKey =
  /(^|[_.-])(password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key)$/i;

/** Hides known secrets before they leave the runner. */
export interface Mask {
  /** Replaces every known secret in a text. */
  text(text: string): string;
  /** Replaces the values of keys that hold secrets, and known secrets in all other strings. */
  value(value: YamlValue): YamlValue;
}

/**
 * Knows the given secrets and patterns, and the values that the job's configuration keeps under keys like `password` or
 * `access_token`. Secrets of fewer than six characters are hidden in configurations only.
 */
export function createMask(params: {
  secrets: readonly string[];
  patterns?: readonly RegExp[]; // global ones
  config: YamlValue;
}): Mask {
  const known = new Set(params.secrets);
  collectSecrets(params.config, known);
  const literals = [...known].filter((each) => each.length >= shortest).sort((a, b) => b.length - a.length);
  const expressions = [...(params.patterns ?? [])];
  if (literals.length > 0) expressions.push(new RegExp(literals.map(escaped).join('|'), 'g'));
  const text = (input: string): string =>
    expressions.reduce((masked, expression) => masked.replace(expression, hidden), input);
  return { text, value: (value) => maskValue(value, text) };
}

function collectSecrets(value: YamlValue, found: Set<string>): void {
  if (isYamlMap(value)) {
    for (const [key, item] of value) {
      if (typeof item === 'string' && isSecret(key)) found.add(item);
      else collectSecrets(item, found);
    }
  } else if (Array.isArray(value)) {
    for (const item of value) collectSecrets(item, found);
  }
}

function maskValue(value: YamlValue, text: (input: string) => string): YamlValue {
  if (typeof value === 'string') return text(value);
  if (isYamlMap(value)) {
    return new Map(
      [...value].map(([key, item]) => [
        key,
        isSecret(key) && isScalar(item) ? hidden : maskValue(item, text),
      ]),
    );
  }
  return Array.isArray(value) ? value.map((item: YamlValue) => maskValue(item, text)) : value;
}

function escaped(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function isSecret(key: YamlKey): boolean {
  return typeof key === 'string' && secretKey.test(key);
}

function isScalar(value: YamlValue): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
}
