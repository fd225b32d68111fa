/** Turns a byte stream into log lines. */
export interface LineLogger {
  push(chunk: Uint8Array): void;
  /** Emits what stands behind the last newline. Call once, at the stream's end. */
  end(): void;
}

const longestLine = 64 * 1024;

/**
 * Emits each complete line once, without its newline and trailing white space. Invalid UTF-8 is replaced, characters that are split
 * between chunks are not. A line longer than `maxLength` characters is emitted in pieces, so that memory stays bounded.
 */
export function createLineLogger(emit: (line: string) => void, maxLength = longestLine): LineLogger {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';

  function take(text: string): void {
    let from = 0;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      emitPieces(rest + text.slice(from, at), true);
      rest = '';
      from = at + 1;
    }
    rest += text.slice(from);
    if (rest.length >= maxLength) rest = emitPieces(rest, false);
  }

  function emitPieces(line: string, complete: boolean): string {
    let start = 0;
    while (line.length - start > maxLength) {
      const end = start + maxLength - (isHighSurrogate(line, start + maxLength - 1) ? 1 : 0);
      emit(line.slice(start, end));
      start = end;
    }
    if (!complete) return line.slice(start);
    emit(line.slice(start).trimEnd());
    return '';
  }

  return {
    push: (chunk) => take(decoder.decode(chunk, { stream: true })),
    end() {
      take(decoder.decode());
      if (rest !== '') emitPieces(rest, true);
      rest = '';
    },
  };
}

function isHighSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff;
}
