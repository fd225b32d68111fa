const minute = 60;
const hour = 3600;
const day = 86_400;

/** `2026-01-02 03:04:05` in UTC, the time of all logs. */
export function moment(at: string): string {
  return at.slice(0, 19).replace('T', ' ');
}

/** A length in its two largest units: `42 s`, `3 m 05 s`, `2 h 07 m`, `4 d 3 h`. */
export function lengthOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 10 && seconds > 0) return `${seconds.toFixed(1)} s`;
  if (whole < minute) return `${whole} s`;
  if (whole < hour) return `${Math.floor(whole / minute)} m ${two(whole % minute)} s`;
  if (whole < day) return `${Math.floor(whole / hour)} h ${two(Math.floor((whole % hour) / minute))} m`;
  return `${Math.floor(whole / day)} d ${Math.floor((whole % day) / hour)} h`;
}

/** How long ago, or how far ahead, in one unit. */
export function ago(at: string, now: number): string {
  const seconds = (now - Date.parse(at)) / 1000;
  const far = Math.abs(seconds);
  const [size, unit] =
    far < minute ? [1, 's'] : far < hour ? [minute, 'm'] : far < day ? [hour, 'h'] : [day, 'd'];
  const text = `${Math.floor(far / size)} ${unit}`;
  if (far < 5) return 'now';
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** Seconds between two instants, the second of which may be still to come. */
export function secondsBetween(from: string, to: string | null, now: number): number {
  return ((to === null ? now : Date.parse(to)) - Date.parse(from)) / 1000;
}

/** Bytes as people say them. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log10(size) / 3));
  const value = size / 1000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`;
}
