import type { YamlMap } from '../config/yaml-value.ts';

/** A merged job, or why there is none. */
export type MergedJob =
  | { readonly kind: 'job'; readonly config: YamlMap }
  | { readonly kind: 'filtered'; readonly reason: string };

/** The outcome for a job that filters have looked at. */
export function unlessRefused(config: YamlMap, reason: string | null): MergedJob {
  return reason === null ? { kind: 'job', config } : { kind: 'filtered', reason };
}
