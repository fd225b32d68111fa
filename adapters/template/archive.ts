import { compareCodePoints } from '../../core/config/code-point-order.ts';
import { archivePath, ArchivePathError } from '../../core/ports/archive.ts';
import type { Archive, ArchiveEntry, ByteRange } from '../../core/ports/archive.ts';

interface Stored {
  bytes: Uint8Array;
  modifiedAt: number;
}

/**
 * The adapter to copy: an archive in memory, gone with the process. A copy goes into the folder of its world under the name of the same
 * file in the other worlds, opens its store here, and keeps every promise in the port's docs; the contract suite in
 * `archive.test.ts` holds it to them. The clock is given, as to everything else.
 */
export function memoryArchive(options: { baseUrl: string | null; now: () => number }): Archive {
  const files = new Map<string, Stored>();
  const keep = (path: string, bytes: Uint8Array) =>
    void files.set(filePath(path), { bytes, modifiedAt: options.now() });
  return {
    async append(path, bytes) {
      const before = files.get(filePath(path))?.bytes ?? new Uint8Array();
      keep(path, joined([before, bytes]));
    },
    async put(path, content) {
      filePath(path);
      // Collected first, so that a reader sees the old content or the new, and nothing when the source fails.
      keep(path, content instanceof Uint8Array ? Uint8Array.from(content) : await collect(content));
    },
    async read(path, range) {
      const file = files.get(filePath(path));
      if (file === undefined) return null;
      return { size: file.bytes.length, modifiedAt: file.modifiedAt, content: part(file.bytes, range) };
    },
    async list(path, { limit, after = '' } = { limit: Infinity }) {
      const entries = entriesBelow(files, archivePath(path));
      return entries.filter(({ name }) => compareCodePoints(name, after) > 0).slice(0, limit);
    },
    url(path) {
      const clean = archivePath(path);
      if (options.baseUrl === null) return null;
      return `${options.baseUrl.replace(/\/$/, '')}/${encodeURIComponent(clean).replaceAll('%2F', '/').replaceAll('%3A', ':')}`;
    },
  };
}

/** A path that names a file: anything but the archive itself. */
function filePath(path: string): string {
  const clean = archivePath(path);
  if (clean === '') throw new ArchivePathError(path);
  return clean;
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of content) parts.push(chunk);
  return joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, each) => size + each.length, 0));
  let end = 0;
  for (const each of parts) {
    whole.set(each, end);
    end += each.length;
  }
  return whole;
}

async function* part(bytes: Uint8Array, range: ByteRange | undefined): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(range?.start ?? 0, range?.end ?? bytes.length);
}

function entriesBelow(files: ReadonlyMap<string, Stored>, folder: string): ArchiveEntry[] {
  const entries = new Map<string, ArchiveEntry>();
  const prefix = folder === '' ? '' : `${folder}/`;
  for (const [path, { bytes, modifiedAt }] of files) {
    if (!path.startsWith(prefix)) continue;
    const [name = '', ...below] = path.slice(prefix.length).split('/');
    const kind = below.length === 0 ? 'file' : 'folder';
    entries.set(name, { name, kind, size: kind === 'file' ? bytes.length : 0, modifiedAt });
  }
  return [...entries.values()].sort((a, b) => compareCodePoints(a.name, b.name));
}
