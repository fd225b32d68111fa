import type { Fragment } from './matrix.ts';

/** The names of one fragment: everybody who sees it knows it by another one. */
export interface FragmentNames {
  readonly shown: string; // relative to the folder that holds `suites`
  readonly full: string; // for scripts, and in `fragments_dropped`
  readonly filtered: string; // what filters match: what follows the first `/suites/`
}

/** Works out the names of fragments, once for each. */
export function fragmentNames(params: {
  root: string;
  folder: string;
}): (fragment: Fragment) => FragmentNames {
  const known = new Map<Fragment, FragmentNames>();
  const prefix = params.folder === '' ? '' : `${params.folder}/`;
  return (fragment) => {
    const before = known.get(fragment);
    if (before !== undefined) return before;
    const full = `${params.root}/${fragment.path}`;
    const marker = full.indexOf('/suites/');
    const names = {
      shown: fragment.path.slice(prefix.length),
      full,
      filtered: marker < 0 ? full : full.slice(marker + '/suites/'.length),
    };
    known.set(fragment, names);
    return names;
  };
}
