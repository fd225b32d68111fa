/** Keeps one file of the archive up to date with something that changes. */
export interface DocumentFile {
  /** Asks for the file to be written again; calls within a short time become one write. */
  changed(): void;
  /** Resolves when the file shows the last change, or could not be written. Never rejects. */
  settled(): Promise<void>;
}

/** `write` puts the current state; its failures are given to `warn`, once, since reporting trouble never fails a job. */
export function createDocumentFile(params: {
  write: () => Promise<void>;
  warn: (message: string) => void;
  delayMs?: number; // how long a change may wait for more, default 250
}): DocumentFile {
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let stale = false;
  let warned = false;
  const writeOnce = async (): Promise<void> => {
    try {
      await params.write();
    } catch (error) {
      if (!warned) params.warn(String(error));
      warned = true;
    }
  };
  const start = (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    stale = false;
    writing = writeOnce().finally(() => {
      writing = null;
      if (stale) schedule();
    });
    return writing;
  };
  const schedule = (): void => void (timer ??= setTimeout(() => void start(), params.delayMs ?? 250));
  return {
    changed() {
      stale = true;
      if (writing === null) schedule();
    },
    async settled() {
      if (writing !== null) await writing;
      if (stale) await start();
    },
  };
}
