import type { RuleId, Severity } from './rules.ts';

/** A place that helps to understand a finding, beside its own. */
export interface RelatedPlace {
  readonly file: string;
  readonly line: number | null;
  readonly note: string;
}

/** One thing that is wrong with a suite, or looks it. */
export interface LintFinding {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly file: string; // a file or a directory, relative to the linted folder
  readonly line: number | null; // from 1; null = the whole
  readonly sentence: string;
  readonly related: readonly RelatedPlace[];
}

/** A finding before its rule's severity is added. */
export type RawFinding = Omit<LintFinding, 'severity'>;

/** What was looked at of one suite. */
export interface LintedSuite {
  readonly name: string;
  readonly jobs: string | null; // how many there are, in decimal; null = the tree has no jobs
  readonly checkedJobs: number; // how many combinations the rules about combinations looked at
}

/** Everything that one call found. */
export interface LintReport {
  readonly findings: readonly LintFinding[]; // by file, line and rule
  readonly suites: readonly LintedSuite[];
  readonly files: number; // YAML files read, the same text under several names counted once
  readonly limits: readonly string[]; // sentences on what was not looked at
}

/** A place without a line of its own. */
export function related(file: string, note: string, line: number | null = null): RelatedPlace {
  return { file, line, note };
}
