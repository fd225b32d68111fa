/** Looks for texts in a stream, also across the borders of chunks. */
export interface TextWatch {
  /** Takes in the next chunk. */
  push(chunk: Buffer): void;
  /** Resolves when the text has come by since the last one that was waited for. */
  seen(text: string): Promise<void>;
}

/** Watches for one text at a time; keeps no more of the stream than the text is long. */
export function createTextWatch(): TextWatch {
  let tail = '';
  let wanted: { text: string; resolve: () => void } | null = null;
  return {
    push(chunk) {
      if (wanted === null) return;
      const stream = tail + chunk.toString('latin1'); // the texts are ASCII, so that no decoding can split them
      if (stream.includes(wanted.text)) {
        wanted.resolve();
        wanted = null;
        tail = '';
      } else tail = stream.slice(1 - wanted.text.length);
    },
    seen(text) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wanted = { text, resolve };
      return promise;
    },
  };
}
