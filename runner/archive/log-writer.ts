import { createLogBacklog } from './log-backlog.ts';

/** Takes log text and brings it to the archive in order. */
export interface LogWriter {
  /** Takes a piece of text; never throws and never waits. */
  write(text: string): void;
  /** Resolves when everything taken so far is in the archive, or when one more attempt to write it has failed. Never rejects. */
  flush(): Promise<void>;
}

export interface LogWriterParams {
  /** Adds bytes to the log file; they are safe when it resolves. */
  readonly append: (bytes: Uint8Array) => Promise<void>;
  /** Told once of each stretch of trouble. */
  readonly warn: (message: string) => void;
  readonly maxDelayMs?: number; // how long text may wait, default 250
  readonly maxPending?: number; // characters that are worth a write at once, default 64 Ki
  readonly maxBacklog?: number; // characters that are kept while the archive cannot take them, default 64 Mi
}

/**
 * Text waits a short time for more, so that a burst of lines is one write; at most one write is under way. While the archive
 * cannot be written, or not as fast as the text comes, the text is kept up to the backlog's limit.
 */
export function createLogWriter(params: LogWriterParams): LogWriter {
  const { maxDelayMs = 250, maxPending = 64 * 1024, maxBacklog = 64 * 1024 * 1024 } = params;
  const backlog = createLogBacklog(maxBacklog);
  let failing = false;
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  const attempt = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (backlog.size === 0) return;
    const text = backlog.takeAll();
    try {
      await params.append(Buffer.from(text));
      failing = false;
    } catch (error) {
      backlog.putBack(text);
      const first = !failing;
      failing = true;
      if (first) params.warn(`the log cannot be written and is kept in memory: ${String(error)}`);
    }
  };
  const start = (): Promise<void> => {
    writing ??= attempt().finally(() => {
      writing = null;
      if (backlog.size > 0) schedule();
    });
    return writing;
  };
  const schedule = (): void => {
    if (backlog.size >= maxPending && !failing) void start();
    else timer ??= setTimeout(() => void start(), failing ? maxDelayMs * 4 : maxDelayMs);
  };
  return {
    write(text) {
      backlog.add(text);
      if (writing === null) schedule();
    },
    async flush() {
      if (writing !== null) await writing;
      await start();
    },
  };
}
