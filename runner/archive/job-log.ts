import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { consoleLine, fileLine } from './log-format.ts';
import type { Level, LogRecord } from './log-format.ts';
import type { Mask } from './mask.ts';

export interface JobLogParams {
  readonly clock: Clock;
  readonly mask: Mask;
  readonly file: ((line: string) => void) | null; // teuthology.log; gets every record
  readonly console: ((line: string) => void) | null; // gets INFO and above, or every record when verbose
  readonly verbose: boolean;
}

/** The root logger of a job. Its children carry their own names only, as the original's do. */
export function createJobLog(params: JobLogParams): Logger {
  return loggerNamed('', (level, logger, text) => {
    const record: LogRecord = { at: params.clock.now(), level, logger, message: params.mask.text(text) };
    params.file?.(fileLine(record));
    if (level !== 'debug' || params.verbose) params.console?.(consoleLine(record));
  });
}

type Emit = (level: Level, logger: string, text: string) => void;

function loggerNamed(name: string, emit: Emit): Logger {
  const at =
    (level: Level) =>
    (message: string): void =>
      emit(level, name === '' ? 'root' : name, message);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    critical: at('critical'),
    child: (part) => loggerNamed(name === '' ? part : `${name}.${part}`, emit),
  };
}
