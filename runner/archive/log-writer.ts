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
  readonly maxPending?: number; // bytes that are written at once, default 64 KiB
  readonly maxBacklog?: number; // bytes that are kept while the archive cannot be written, default 32 MiB
}

/**
 * Text waits a short time for more, so that a burst of lines is one write; at most one write is under way. While the archive
 * cannot be written the text is kept, and beyond the backlog's limit its oldest part is given up and counted in the log.
 */
export function createLogWriter(params: LogWriterParams): LogWriter {
  const { maxDelayMs = 250, maxPending = 64 * 1024, maxBacklog = 32 * 1024 * 1024 } = params;
  let pending: string[] = [];
  let size = 0;
  let lost = 0;
  let failing = false;
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  const attempt = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (pending.length === 0) return;
    const batch = pending;
    const text =
      (lost > 0 ? `(${lost} bytes of log are missing here: the archive could not be written)\n` : '') +
      batch.join('');
    pending = [];
    size = 0;
    try {
      await params.append(Buffer.from(text));
      lost = 0;
      failing = false;
    } catch (error) {
      pending = [...batch, ...pending];
      size = pending.reduce((sum, each) => sum + each.length, 0);
      if (!failing) params.warn(`the log cannot be written and is kept in memory: ${String(error)}`);
      failing = true;
    }
  };
  const start = (): Promise<void> => {
    writing ??= attempt().finally(() => {
      writing = null;
      if (pending.length > 0) schedule();
    });
    return writing;
  };
  const schedule = (): void => {
    if (size >= maxPending && !failing) void start();
    else timer ??= setTimeout(() => void start(), failing ? maxDelayMs * 4 : maxDelayMs);
  };
  const dropOldest = (): void => {
    let dropped = 0;
    while (size > maxBacklog && dropped < pending.length - 1) {
      const length = pending[dropped++]?.length ?? 0;
      size -= length;
      lost += length;
    }
    pending = pending.slice(dropped);
  };
  return {
    write(text) {
      pending.push(text);
      size += text.length;
      if (size > maxBacklog) dropOldest();
      if (writing === null) schedule();
    },
    async flush() {
      if (writing !== null) await writing;
      await start();
    },
  };
}
