import type { Logger } from '../core/ports/logger.ts';

/** One JSON line a message on standard output, which is where the log of a function is read from. */
export function lambdaLog(name = ''): Logger {
  const write = (level: string) => (message: string) =>
    void process.stdout.write(`${JSON.stringify({ level, ...(name !== '' && { name }), msg: message })}\n`);
  return {
    debug: () => {}, // each line is paid for
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    critical: write('fatal'),
    child: (part) => lambdaLog(name === '' ? part : `${name}.${part}`),
  };
}
