import type { WriteStream } from 'node:tty';

/** Lines that stay, and below them one that is drawn over and over on a terminal, and never elsewhere. */
export interface ProgressLine {
  print(line: string): void;
  show(state: string): void;
  clear(): void;
}

const clearLine = '\r\u001b[K';

/** A progress line on a stream; a stream that is no terminal only gets the lines that stay. */
export function progressLine(
  stream: Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number },
): ProgressLine {
  let state = '';
  const draw = () => {
    if (stream.isTTY === true) stream.write(`${clearLine}${state.slice(0, (stream.columns ?? 80) - 1)}`);
  };
  return {
    print: (line) => {
      stream.write(stream.isTTY === true ? `${clearLine}${line}\n` : `${line}\n`);
      draw();
    },
    show: (next) => {
      if (next === state) return;
      state = next;
      draw();
    },
    clear: () => {
      state = '';
      draw();
    },
  };
}
