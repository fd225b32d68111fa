import type { Readable } from 'node:stream';
import { createLineLogger } from './line-logger.ts';

export interface OutputParams {
  readonly stream: Readable;
  /** What becomes of the bytes before anybody sees them. */
  readonly filter?: { push(chunk: Buffer): Buffer; end(): Buffer };
  readonly log: ((line: string) => void) | null;
  readonly limit: number | null; // bytes to keep; null = keep none
  readonly onChunk: ((chunk: Buffer) => void | Promise<void>) | null;
  /** The caller's callback failed. What follows is thrown away. */
  readonly onFailure: (error: unknown) => void;
  readonly onOverflow: () => void;
}

/** One output stream of a command while it is read. */
export interface Output {
  /** Resolves when the stream has ended and the last callback is done. Never rejects. */
  readonly ended: Promise<void>;
  /** When bytes last came, or a slow consumer last took some (performance.now()). */
  readonly lastActivity: number;
  text(): string;
  /** Stops waiting for more. */
  abandon(): void;
}

/**
 * Reads a stream to its end and hands it on: to the log line by line, to the caller chunk by chunk, and into memory up to the
 * limit. While a callback's promise is pending the stream stands still, and with it, once the window of the channel is full, the remote process.
 */
export function readOutput(params: OutputParams): Output {
  const { stream } = params;
  const lines = params.log === null ? null : createLineLogger(params.log);
  const kept: Buffer[] = [];
  let keptBytes = 0;
  let discard = false;
  let waiting = false;
  let lastActivity = performance.now();
  const { promise: ended, resolve } = Promise.withResolvers<void>();

  function take(chunk: Buffer): void | Promise<void> {
    if (chunk.length === 0 || discard) return;
    lines?.push(chunk);
    if (params.limit !== null) keep(chunk, params.limit);
    return params.onChunk?.(chunk);
  }

  function keep(chunk: Buffer, limit: number): void {
    kept.push(chunk.subarray(0, limit - keptBytes));
    keptBytes += chunk.length;
    if (keptBytes <= limit) return;
    keptBytes = limit;
    discard = true;
    params.onOverflow();
  }

  function fail(error: unknown): void {
    discard = true;
    params.onFailure(error);
  }

  async function standStill(pending: Promise<void>): Promise<void> {
    stream.pause();
    waiting = true;
    await pending.catch(fail);
    waiting = false;
    lastActivity = performance.now();
    stream.resume();
  }

  function handle(chunk: Buffer): Promise<void> | null {
    try {
      const pending = take(chunk);
      return pending instanceof Promise ? pending : null;
    } catch (error) {
      fail(error);
      return null;
    }
  }

  stream.on('data', (chunk: Buffer) => {
    lastActivity = performance.now();
    const pending = handle(params.filter?.push(chunk) ?? chunk);
    if (pending !== null) void standStill(pending);
  });
  stream.once('end', () => {
    const pending = handle(params.filter?.end() ?? Buffer.alloc(0));
    void (pending ?? Promise.resolve()).catch(fail).then(() => {
      lines?.end();
      resolve();
    });
  });
  return {
    ended,
    get lastActivity() {
      return waiting ? performance.now() : lastActivity;
    },
    text: () => Buffer.concat(kept).toString('utf8'),
    abandon() {
      discard = true;
      lines?.end();
      resolve();
    },
  };
}
