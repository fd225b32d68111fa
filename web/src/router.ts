import { useEffect, useState } from 'preact/hooks';

/** Where a reader is. The whole address is behind the `#`, so that any static host serves every page. */
export interface Place {
  readonly path: readonly string[]; // decoded segments
  readonly query: Readonly<Record<string, string>>;
}

/** Reads a place from the part of an address behind the `#`. */
export function placeOf(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#/, '').split('?', 2);
  return {
    path: path
      .split('/')
      .filter((each) => each !== '')
      .map(decoded),
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

/** The address of a place; what is empty in the query is left out. */
export function hrefOf(
  path: readonly (string | number)[],
  query: Readonly<Record<string, string | number | null | undefined>> = {},
): string {
  const segments = path.map((each) => encodeURIComponent(each).replaceAll('%3A', ':'));
  const parts = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  const search = new URLSearchParams(parts.map(([name, value]) => [name, String(value)])).toString();
  return `#/${segments.join('/')}${search === '' ? '' : `?${search}`}`;
}

/** The place of the reader, renewed when it changes. */
export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return placeOf(hash);
}

/** Changes the query of the present place without a new entry in the history: typing in a filter is no journey. */
export function setQuery(place: Place, change: Readonly<Record<string, string | null>>): void {
  location.replace(hrefOf(place.path, { ...place.query, ...change }));
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
