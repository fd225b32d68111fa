export type Level = 'debug' | 'info' | 'warn' | 'error' | 'critical';

const levelNames: Readonly<Record<Level, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  critical: 'CRITICAL',
};

/** One log record: `at` is epoch milliseconds, and a message of several lines is still one record. */
export interface LogRecord {
  readonly at: number;
  readonly level: Level;
  readonly logger: string;
  readonly message: string;
}

/** A record as teuthology.log has it, in local time; further lines of the message carry no prefix. */
export function fileLine(record: LogRecord): string {
  const { date, time, millis } = localTime(record.at);
  return `${date}T${time}.${millis} ${levelNames[record.level]}:${record.logger}:${record.message}\n`;
}

/** A record as the console has it: the milliseconds stand there twice, as scripts that read it expect. */
export function consoleLine(record: LogRecord): string {
  const { date, time, millis } = localTime(record.at);
  return `${date} ${time},${millis}.${millis} ${levelNames[record.level]}:${record.logger}:${record.message}\n`;
}

let lastSecond = NaN;
let lastDate = '';
let lastTime = '';

/** Calendar fields of an instant; those of the last second are kept, since lines come in bursts. */
function localTime(at: number): { date: string; time: string; millis: string } {
  const second = Math.floor(at / 1000);
  if (second !== lastSecond) {
    const when = new Date(at);
    lastDate = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
    lastTime = `${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())}`;
    lastSecond = second;
  }
  return { date: lastDate, time: lastTime, millis: String(at - second * 1000).padStart(3, '0') };
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
