import { z } from '@hono/zod-openapi';
import { ProblemError } from './problem.ts';

/** Which part of a long list: by `cursor`, whose cost is its own length however far into the list it is, or by `offset`. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  offset: z.coerce.number().int().min(0).default(0),
  cursor: z
    .string()
    .max(500)
    .optional()
    .describe('The `next` of an earlier page; what is added meanwhile moves nothing.'),
});

/** The schema of `next`. */
export const nextSchema = z
  .string()
  .nullable()
  .describe('The cursor of the page behind this one; null at the end. Also in the Link header.');

/** A place in a list as opaque text. */
export function toCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The place that a cursor names, one value for each of `kinds`. Refuses what `toCursor` has not made. */
export function fromCursor<const Kinds extends readonly ('string' | 'number')[]>(
  cursor: string,
  kinds: Kinds,
): { [Key in keyof Kinds]: Kinds[Key] extends 'string' ? string : number } {
  const place = parsed(Buffer.from(cursor, 'base64url').toString());
  const fits =
    Array.isArray(place) &&
    place.length === kinds.length &&
    kinds.every((kind, index) => typeof place[index] === kind);
  if (!fits) throw new ProblemError(422, `cursor '${cursor}' is not the \`next\` of an earlier page`);
  return place as never;
}

/** Cuts a list that was asked for with one more than the page takes, and says where the next page begins. */
export function cutPage<Item>(
  items: readonly Item[],
  limit: number,
  placeOf: (item: Item) => readonly (string | number)[],
): { page: readonly Item[]; next: string | null } {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { page, next: items.length > limit && last !== undefined ? toCursor(placeOf(last)) : null };
}

/** The Link header that names the next page (RFC 8288); none at the end. */
export function nextLink(url: string, next: string | null): Record<string, string> {
  if (next === null) return {};
  const target = new URL(url);
  target.searchParams.delete('offset');
  target.searchParams.set('cursor', next);
  return { link: `<${target.pathname}${target.search}>; rel="next"` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
