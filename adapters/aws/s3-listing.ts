import pLimit from 'p-limit';
import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { ArchiveEntry } from '../../core/ports/archive.ts';
import { isText } from './s3-objects.ts';
import { foundFile, headOf, listObjects, partsSuffix, pieceOf } from './s3-parts.ts';
import type { Bucket } from './s3-parts.ts';

const looksAtOnce = 16;

/**
 * The entries of one folder: one request for each thousand, one for each text file, whose size a listing does not tell when it is
 * stored with gzip, and two for each file that is being appended to.
 */
export async function listFolder(bucket: Bucket, path: string): Promise<ArchiveEntry[]> {
  const prefix = path === '' ? '' : `${path}/`;
  const { objects, folders } = await listObjects(bucket, { prefix, delimiter: '/' });
  const names = folders.map((folder) => folder.slice(prefix.length, -1));
  const growing = new Set(
    names.filter((name) => name.endsWith(partsSuffix)).map((name) => name.slice(0, -partsSuffix.length)),
  );
  const entries: ArchiveEntry[] = names
    .filter((name) => !name.endsWith(partsSuffix))
    .map((name) => ({ name, kind: 'folder', size: 0, modifiedAt: 0 }));
  const whole = objects
    .map(pieceOf)
    .filter(({ key }) => key !== prefix && !growing.has(key.slice(prefix.length)));
  const limited = pLimit(looksAtOnce);
  const files = await limited.map(whole, async (piece): Promise<ArchiveEntry> => {
    const { size, modifiedAt } = (isText(piece.key) ? await headOf(bucket, piece.key) : null) ?? piece;
    return { name: piece.key.slice(prefix.length), kind: 'file', size, modifiedAt };
  });
  entries.push(...files);
  for (const name of growing) {
    const file = await foundFile(bucket, `${prefix}${name}`);
    if (file !== null) entries.push({ name, kind: 'file', size: file.size, modifiedAt: file.modifiedAt });
  }
  return entries.sort((a, b) => compareCodePoints(a.name, b.name));
}
