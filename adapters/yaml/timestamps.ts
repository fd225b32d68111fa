import { YamlTimestamp } from '../../core/config/yaml-value.ts';

const timestamp =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?$/;

const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A `!!timestamp` in Python's isoformat, or null when the text is none or names no real moment (month 13, hour 24). */
export function parseTimestamp(text: string): YamlTimestamp | null {
  const match = timestamp.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (!isRealDay(year, month, day)) return null;
  const date = `${match[1]}-${two(month)}-${two(day)}`;
  if (match[4] === undefined) return new YamlTimestamp('date', date);
  const time = isoTime(match);
  const zone = isoZone(match);
  return time === null || zone === null ? null : new YamlTimestamp('datetime', `${date}T${time}${zone}`);
}

function isRealDay(year: number, month: number, day: number): boolean {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = month === 2 && leap ? 29 : (daysInMonth[month - 1] ?? 0);
  return year >= 1 && day >= 1 && day <= last;
}

function isoTime(match: RegExpExecArray): string | null {
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6])];
  if (hour > 23 || minute > 59 || second > 59) return null;
  const micros = (match[7] ?? '').slice(0, 6).padEnd(6, '0');
  return `${two(hour)}:${two(minute)}:${two(second)}${micros === '000000' ? '' : `.${micros}`}`;
}

function isoZone(match: RegExpExecArray): string | null {
  if (match[8] === undefined) return '';
  if (match[8] === 'Z') return '+00:00';
  const minutes = Number(match[10]) * 60 + Number(match[11] ?? 0);
  if (minutes >= 24 * 60) return null;
  const sign = minutes === 0 ? '+' : match[9];
  return `${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
