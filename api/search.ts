const mostLooked = 5000;
const batch = 500;

/**
 * The next `limit` items of a list that fit, from where `read` begins, in order. Looks at no more than 5,000, so that an answer takes
 * a bounded time: `place` is then that of the last one looked at, and the page may be short although more follow. Null = the end.
 */
export async function searchPage<Item, Place>(params: {
  limit: number;
  from: Place | undefined; // undefined = the beginning
  read: (after: Place | undefined, limit: number) => Promise<readonly Item[]>;
  placeOf: (item: Item) => Place;
  fits: (item: Item) => boolean;
}): Promise<{ items: Item[]; place: Place | null }> {
  const { limit, read, placeOf, fits } = params;
  const items: Item[] = [];
  let after = params.from;
  for (let looked = 0; looked < mostLooked;) {
    const found = await read(after, batch);
    for (const [index, item] of found.entries()) {
      after = placeOf(item);
      if (fits(item)) items.push(item);
      const last = index === found.length - 1 && found.length < batch;
      if (items.length === limit) return { items, place: last ? null : after };
    }
    if (found.length < batch) return { items, place: null };
    looked += found.length;
  }
  return { items, place: after ?? null };
}

/** Whether a text has a part somewhere, in whatever case. */
export function has(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}
