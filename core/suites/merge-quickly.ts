import { isYamlMap } from '../config/yaml-value.ts';
import type { YamlMap } from '../config/yaml-value.ts';
import type { LoadedFragment } from './fragments.ts';
import { groupedMerger, mergePart } from './grouped-merge.ts';
import type { MergePart } from './grouped-merge.ts';
import type { Fragment, Selection } from './matrix.ts';

/**
 * Merges jobs whose fragments are all sound and have no scripts, sharing work and memory between them; gives null for jobs that
 * must be merged in order.
 */
export function quickMerger(params: {
  base: YamlMap;
  load: (fragment: Fragment) => LoadedFragment;
}): (job: Pick<Selection, 'fragments'>) => YamlMap | null {
  if (hasPostmerge(params.base)) return () => null;
  const start = mergePart(params.base);
  const parts = new Map<Fragment, MergePart | 'empty' | 'careful'>();
  const merge = groupedMerger();
  const partOf = (fragment: Fragment): MergePart | 'empty' | 'careful' => {
    const before = parts.get(fragment);
    if (before !== undefined) return before;
    const part = quickPart(params.load(fragment));
    parts.set(fragment, part);
    return part;
  };
  return (job) => {
    const list = [start];
    for (const fragment of job.fragments) {
      const part = partOf(fragment);
      if (part === 'careful') return null;
      if (part !== 'empty') list.push(part);
    }
    return merge(list);
  };
}

function quickPart(loaded: LoadedFragment): MergePart | 'empty' | 'careful' {
  if (loaded.kind === 'empty') return 'empty';
  if (loaded.kind === 'broken') return 'careful';
  const plain = loaded.premerge === null && !loaded.hasPostmerge && !loaded.hasDates;
  return plain ? mergePart(loaded.document) : 'careful';
}

function hasPostmerge(base: YamlMap): boolean {
  const section = base.get('teuthology');
  const scripts = isYamlMap(section) ? section.get('postmerge') : null;
  return !Array.isArray(scripts) || scripts.length > 0;
}
