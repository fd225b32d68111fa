import type { YamlMap } from '../config/yaml-value.ts';
import { YamlTimestamp } from '../config/yaml-value.ts';

/** A time of expiry that cannot be read, or is over. */
export class ExpireTimeError extends Error {
  override readonly name = 'ExpireTimeError';
  constructor(text: string, reason: string) {
    super(`expire '${text}' ${reason}`);
  }
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * When jobs become too old to start, in the form that job configs hold (UTC): from an ISO time, the form itself, or an offset from
 * `now` such as `90s`, `30m`, `1h`, `3d`, `1w`. Times without a zone are UTC. Throws ExpireTimeError.
 */
export function expireTime(text: string, now: number): string {
  return expireText(expiryAt(text, now));
}

/** The form of a time of expiry that job configs hold, in whole seconds. */
export function expireText(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', '_');
}

/**
 * When the job of a config becomes too old to start, in epoch ms and whole seconds; null when it names no such time. Offsets count
 * from `now`, the time of the submission. Throws ExpireTimeError.
 */
export function expiryOf(config: YamlMap, now: number): number | null {
  const value = config.get('expire') ?? null;
  if (value === null || value === '') return null;
  if (typeof value === 'string') return expiryAt(value, now);
  if (value instanceof YamlTimestamp) return expiryAt(value.iso, now);
  throw new ExpireTimeError(isScalar(value) ? String(value) : 'of a job', 'is not a time');
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object';
}

function expiryAt(text: string, now: number): number {
  const at = Math.floor(parsed(text.trim(), now) / 1000) * 1000;
  if (Number.isNaN(at))
    throw new ExpireTimeError(text, 'is neither a time nor an offset such as 90s, 30m, 1h, 3d or 1w');
  if (at <= now) throw new ExpireTimeError(text, 'is over already');
  return at;
}

function parsed(text: string, now: number): number {
  const offset = /^(\d+)([smhdw])$/i.exec(text);
  if (offset !== null) {
    const at = now + Number(offset[1]) * (unitSeconds[offset[2]!.toLowerCase()] ?? Number.NaN) * 1000;
    return at < 8.64e15 ? at : Number.NaN;
  }
  const iso = /^(\d{4}-\d\d-\d\d)(?:[_T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+-]\d\d:?\d\d)?$/i.exec(text);
  if (iso === null) return Number.NaN;
  const [, day = '', time, zone] = iso;
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // A 31st of February would be taken for a day in March.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return Number.NaN;
  return Date.parse(`${day}T${time ?? '00:00:00'}${zone ?? 'Z'}`);
}
