import pLimit from 'p-limit';
import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { ArchiveEntry, EntriesPage } from '../../core/ports/archive.ts';
import { isText } from './s3-objects.ts';
import { foundFile, headOf, listObjects, partsSuffix, pieceOf } from './s3-parts.ts';
import type { Bucket } from './s3-parts.ts';

const looksAtOnce = 16;

/**
 * The entries of one folder, or a page of them: one request for each thousand of the folder, and of the page one for each text file, whose
 * size a listing does not tell when it is stored with gzip, and two for each file that is being appended to.
 */
export async function listFolder(
  bucket: Bucket,
  path: string,
  { limit, after = '' }: EntriesPage = { limit: Infinity },
): Promise<ArchiveEntry[]> {
  const prefix = path === '' ? '' : `${path}/`;
  const looks = await looksOf(bucket, prefix);
  const names = [...looks.keys()].filter((name) => compareCodePoints(name, after) > 0);
  names.sort(compareCodePoints);
  const limited = pLimit(looksAtOnce);
  const found: ArchiveEntry[] = [];
  for (let at = 0; at < names.length && found.length < limit;) {
    const some = names.slice(at, at + limit - found.length);
    at += some.length;
    const entries = await limited.map(some, async (name) => (await looks.get(name)?.()) ?? null);
    found.push(...entries.filter((entry) => entry !== null));
  }
  return found;
}

/** How to find out what each name in a folder is; null = it has gone meanwhile. */
async function looksOf(
  bucket: Bucket,
  prefix: string,
): Promise<Map<string, () => Promise<ArchiveEntry | null>>> {
  const { objects, folders } = await listObjects(bucket, { prefix, delimiter: '/' });
  const looks = new Map<string, () => Promise<ArchiveEntry | null>>();
  for (const piece of objects.map(pieceOf)) {
    const name = piece.key.slice(prefix.length);
    if (name === '') continue;
    looks.set(name, async () => {
      const { size, modifiedAt } = (isText(piece.key) ? await headOf(bucket, piece.key) : null) ?? piece;
      return { name, kind: 'file', size, modifiedAt };
    });
  }
  for (const folder of folders) {
    const name = folder.slice(prefix.length, -1);
    if (!name.endsWith(partsSuffix)) {
      looks.set(name, async () => ({ name, kind: 'folder', size: 0, modifiedAt: 0 }));
      continue;
    }
    const file = name.slice(0, -partsSuffix.length);
    looks.set(file, async () => {
      const found = await foundFile(bucket, `${prefix}${file}`);
      return found && { name: file, kind: 'file', size: found.size, modifiedAt: found.modifiedAt };
    });
  }
  return looks;
}
