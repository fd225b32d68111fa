/** Text that waits to be written, in order and bounded. */
export interface LogBacklog {
  readonly size: number; // characters
  add(text: string): void;
  /** Takes out all that waits. */
  takeAll(): string;
  /** Puts back what was taken and could not be written, before what has come since. */
  putBack(text: string): void;
}

const blockSize = 64 * 1024;

/**
 * Keeps at most about `limit` characters: beyond, the oldest blocks are given up, and what is taken next begins with a line that
 * says how much is missing. Adding costs the same however much waits.
 */
export function createLogBacklog(limit: number): LogBacklog {
  let blocks: string[] = []; // full ones, oldest first
  let lines: string[] = []; // of the block that is being filled
  let linesSize = 0;
  let size = 0;
  let lost = 0;

  const close = (): void => {
    if (lines.length > 0) blocks.push(lines.join(''));
    lines = [];
    linesSize = 0;
  };
  const dropOldest = (): void => {
    let dropped = 0;
    while (size > limit && dropped < blocks.length) {
      const length = blocks[dropped++]?.length ?? 0;
      size -= length;
      lost += length;
    }
    if (dropped > 0) blocks = blocks.slice(dropped);
  };
  return {
    get size() {
      return size;
    },
    add(text) {
      lines.push(text);
      linesSize += text.length;
      size += text.length;
      if (linesSize < Math.min(blockSize, limit / 4)) return;
      close();
      if (size > limit) dropOldest();
    },
    takeAll() {
      close();
      const notice =
        lost > 0 ? `(${lost} characters of log are missing here: the archive could not take them)\n` : '';
      const text = notice + blocks.join('');
      blocks = [];
      size = 0;
      lost = 0;
      return text;
    },
    putBack(text) {
      blocks.unshift(text);
      size += text.length;
    },
  };
}
