import { pino } from 'pino';
import type { Logger } from '../../core/ports/logger.ts';

/** The lab's own log: JSON lines in a file, and the lines that matter to people on `say`. */
export function labLog(params: { file: string; say: (line: string) => void }): Logger & { close(): void } {
  const destination = pino.destination({ dest: params.file, append: true, sync: true, mkdir: true });
  const root = pino({ base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return { ...logger(root.child({}), '', params.say), close: () => destination.end() };
}

function logger(to: pino.Logger, name: string, say: (line: string) => void): Logger {
  const write = (level: 'debug' | 'info' | 'warn' | 'error' | 'fatal') => (message: string) => {
    to[level](message);
    if (level !== 'debug') say(level === 'info' ? message : `${level}: ${message}`);
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    critical: write('fatal'),
    child: (part) => {
      const full = name === '' ? part : `${name}.${part}`;
      return logger(to.child({ name: full }), full, say);
    },
  };
}
