import { MergeConflictError, mergeMaps } from '../config/deep-merge.ts';
import type { YamlMap } from '../config/yaml-value.ts';

/** A document that takes part in merges, or several of them merged already. */
export interface MergePart {
  readonly document: YamlMap;
  /** The groups that it begins, by what came to its right; null = not safe to group. */
  readonly joined: Map<MergePart, MergePart | null>;
  /** The same at the head of a list, where more is safe. */
  readonly heads: Map<MergePart, MergePart | null>;
}

export function mergePart(document: YamlMap): MergePart {
  return { document, joined: new Map(), heads: new Map() };
}

/** How many groups are remembered before all are forgotten: some tens of megabytes with large fragments. */
const GROUP_LIMIT = 20_000;

/**
 * Merges lists of parts, left to right. Jobs of one suite combine the same fragments over and over, so each half of a list is merged
 * once and remembered, and a job costs one merge of two halves. Merging is associative except where it fails: a list
 * whose halves do not merge cleanly gives null, and the caller must merge it one by one to learn what is wrong.
 */
export function groupedMerger(): (parts: readonly MergePart[]) => YamlMap | null {
  const owners = new Set<MergePart>();
  let groups = 0;
  const join = (left: MergePart, right: MergePart, first: boolean): MergePart | null => {
    const known = first ? left.heads : left.joined;
    const before = known.get(right);
    if (before !== undefined) return before;
    const merged = group(left, right, first);
    if (groups++ > GROUP_LIMIT) {
      for (const owner of owners) {
        owner.joined.clear();
        owner.heads.clear();
      }
      owners.clear();
      groups = 0;
    }
    owners.add(left);
    known.set(right, merged);
    return merged;
  };
  const mergeRange = (parts: readonly MergePart[], start: number, end: number): MergePart | null => {
    if (end - start === 1) return parts[start]!;
    const middle = (start + end) >> 1;
    const left = mergeRange(parts, start, middle);
    const right = left === null ? null : mergeRange(parts, middle, end);
    return left === null || right === null ? null : join(left, right, start === 0);
  };
  return (parts) => {
    if (parts.length === 1) return parts[0]!.document;
    const middle = parts.length >> 1;
    const left = mergeRange(parts, 0, middle);
    const right = left === null ? null : mergeRange(parts, middle, parts.length);
    return left === null || right === null ? null : (group(left, right, true)?.document ?? null);
  };
}

/** A group at the head of a list is merged as it would be one by one; only groups further on could hide a conflict. */
function group(left: MergePart, right: MergePart, first: boolean): MergePart | null {
  let safe = true;
  const onKindChange = (): void => {
    safe = false;
  };
  try {
    const document = mergeMaps(left.document, right.document, first ? undefined : onKindChange);
    return safe ? mergePart(document) : null;
  } catch (error) {
    if (error instanceof MergeConflictError) return null;
    throw error;
  }
}
