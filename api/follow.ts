import type { Archive } from '../core/ports/archive.ts';

/**
 * The bytes of a growing file from `start` on, as they come, until `isOver` says that nobody writes to it any more; what was
 * written before that is still read. A file that does not exist yet is waited for. Costs one read per `pollMs`.
 */
export async function* follow(params: {
  archive: Pick<Archive, 'read'>;
  path: string;
  start: number;
  isOver: () => Promise<boolean>;
  pollMs: number;
  signal: AbortSignal;
}): AsyncGenerator<Uint8Array> {
  const { archive, path, isOver, pollMs, signal } = params;
  let offset = params.start;
  while (!signal.aborted) {
    const over = await isOver();
    const file = await archive.read(path, { start: offset, end: null });
    let read = 0;
    for await (const chunk of file?.content ?? []) {
      if (signal.aborted) return;
      read += chunk.length;
      yield chunk;
    }
    offset += read;
    if (over && read === 0) return;
    if (read === 0) await pause(pollMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
