import { archivePath, ArchivePathError } from '../../core/ports/archive.ts';
import type { Archive } from '../../core/ports/archive.ts';
import type { AttemptCalls } from './lab-calls.ts';

/** What one request carries; well below what a lab takes. */
const partSize = 4 * 1024 * 1024;

/**
 * The folder of one job in the archive of a lab, for writing over HTTP. A file of more than 4 MiB is sent in parts, so that a reader
 * may see the beginning of it.
 */
export function httpArchive(params: {
  readonly calls: AttemptCalls;
  readonly folder: string; // RUN/JOB
  readonly baseUrl: string | null; // where the archive is served
}): Pick<Archive, 'append' | 'put' | 'url'> {
  const { calls, folder, baseUrl } = params;
  const within = (path: string): string => {
    const clean = archivePath(path);
    if (!clean.startsWith(`${folder}/`)) throw new ArchivePathError(path);
    return clean.slice(folder.length + 1);
  };
  return {
    async append(path, bytes) {
      const to = within(path);
      for (const part of partsOf(bytes)) await calls.send('append', to, part);
    },
    async put(path, content) {
      const to = within(path);
      let act: 'put' | 'append' = 'put';
      for await (const part of inParts(content)) {
        await calls.send(act, to, part);
        act = 'append';
      }
      if (act === 'put') await calls.send('put', to, new Uint8Array());
    },
    url: (path) =>
      baseUrl === null
        ? null
        : `${baseUrl}/${encodeURIComponent(archivePath(path)).replaceAll('%2F', '/').replaceAll('%3A', ':')}`,
  };
}

function* partsOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += partSize) yield bytes.subarray(at, at + partSize);
}

async function* inParts(content: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield* partsOf(content);
    return;
  }
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    waiting.push(chunk);
    size += chunk.length;
    if (size < partSize) continue;
    yield* partsOf(Buffer.concat(waiting));
    waiting = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(waiting);
}
