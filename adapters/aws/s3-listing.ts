import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { ArchiveEntry } from '../../core/ports/archive.ts';
import { foundFile, listObjects, partsSuffix, pieceOf } from './s3-parts.ts';
import type { Bucket } from './s3-parts.ts';

/** The entries of one folder: one request for each thousand, and two for each file that has been appended to. */
export async function listFolder(bucket: Bucket, path: string): Promise<ArchiveEntry[]> {
  const prefix = path === '' ? '' : `${path}/`;
  const { objects, folders } = await listObjects(bucket, { prefix, delimiter: '/' });
  const entries = new Map<string, ArchiveEntry>();
  for (const object of objects) {
    const { key, size, modifiedAt } = pieceOf(object);
    const name = key.slice(prefix.length);
    if (name !== '') entries.set(name, { name, kind: 'file', size, modifiedAt });
  }
  const names = folders.map((folder) => folder.slice(prefix.length, -1));
  for (const name of names.filter((name) => !name.endsWith(partsSuffix))) {
    entries.set(name, { name, kind: 'folder', size: 0, modifiedAt: 0 });
  }
  for (const parts of names.filter((name) => name.endsWith(partsSuffix))) {
    const name = parts.slice(0, -partsSuffix.length);
    const file = await foundFile(bucket, `${prefix}${name}`);
    if (file !== null)
      entries.set(name, { name, kind: 'file', size: file.size, modifiedAt: file.modifiedAt });
  }
  return [...entries.values()].sort((a, b) => compareCodePoints(a.name, b.name));
}
