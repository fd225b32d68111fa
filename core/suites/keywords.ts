import type { JobFilters } from './filters.ts';

/** Filters as a user gives them. */
export interface GivenFilters {
  readonly in: readonly string[];
  readonly out: readonly string[];
  readonly all: readonly string[];
  readonly fragments: boolean;
}

/**
 * The filters as they are applied. An empty keyword (`a,`) is nobody's wish and is left out; with `compat` it stays and matches
 * every job, and fragments are always looked at, as the original has it.
 */
export function jobFilters(given: GivenFilters, { compat }: { compat: boolean }): JobFilters {
  const keep = (keywords: readonly string[]) =>
    compat ? keywords : keywords.filter((keyword) => keyword.trim() !== '');
  return {
    in: keep(given.in),
    out: keep(given.out),
    all: keep(given.all),
    fragments: compat || given.fragments,
  };
}
