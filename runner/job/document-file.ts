/** Keeps one file of the archive up to date with something that changes. */
export interface DocumentFile {
  /** Asks for the file to be written again; calls while a write is under way become one. */
  changed(): void;
  /** Resolves when the file shows the last change, or could not be written. Never rejects. */
  settled(): Promise<void>;
}

/** `write` puts the current state; its failures are given to `warn`, once, since reporting trouble never fails a job. */
export function createDocumentFile(params: {
  write: () => Promise<void>;
  warn: (message: string) => void;
}): DocumentFile {
  let writing: Promise<void> | null = null;
  let again = false;
  let warned = false;
  const writeAll = async (): Promise<void> => {
    do {
      again = false;
      try {
        await params.write();
      } catch (error) {
        if (!warned) params.warn(String(error));
        warned = true;
      }
    } while (again);
    writing = null;
  };
  return {
    changed() {
      if (writing === null) writing = writeAll();
      else again = true;
    },
    settled: async () => writing ?? undefined,
  };
}
