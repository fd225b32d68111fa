import type { Archive, ArchiveEntry } from '../core/ports/archive.ts';
import { cutPage, fromCursor } from './paging.ts';

/** A part of a folder of the archive, and the cursor of the part behind it; null at the end. */
export interface FolderPage {
  readonly page: readonly ArchiveEntry[];
  readonly next: string | null;
}

/** A page of a folder in code-point order. Costs a look at each entry of the page. */
export async function entriesPage(
  archive: Pick<Archive, 'list'>,
  path: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<FolderPage> {
  const [after] = cursor === undefined ? [] : fromCursor(cursor, ['string']);
  const entries = await archive.list(path, { limit: limit + 1, ...(after !== undefined && { after }) });
  return cutPage(entries, limit, (entry) => [entry.name]);
}
