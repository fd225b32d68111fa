/** A description taken apart: the suite, and each fragment with the facet (folder) that it was chosen from. */
export interface Facets {
  readonly suite: string;
  readonly fragments: readonly { readonly facet: string; readonly fragment: string }[];
}

/** Takes `rados/thrash/{clusters/fixed-2 msgr/async tasks/snaps}` apart; null for a description of another form. */
export function facetsOf(description: string): Facets | null {
  const match = /^([^{}]*?)\/?\{(.*)\}$/s.exec(description.trim());
  if (match === null) return null;
  const [, suite = '', inside = ''] = match;
  const fragments: { facet: string; fragment: string }[] = [];
  const folders: string[] = [];
  for (const part of inside.match(/[^\s{}]*\{|\}|[^\s{}]+/g) ?? []) {
    if (part === '}') folders.pop();
    else if (part.endsWith('{')) folders.push(part.slice(0, -1).replace(/\/$/, ''));
    else {
      const path = [...folders, part].filter((each) => each !== '').join('/');
      const cut = path.lastIndexOf('/');
      fragments.push({ facet: cut < 0 ? '' : path.slice(0, cut), fragment: path.slice(cut + 1) });
    }
  }
  return fragments.length === 0 ? null : { suite, fragments };
}
