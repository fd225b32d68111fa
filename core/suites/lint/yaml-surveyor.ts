import type { DocumentPath } from '../../config/job-problem.ts';

/** How a YAML text is written, which its value does not tell any more. */
export interface YamlSurvey {
  /** The line of a key or item, or of the nearest one above it that is there; null for the empty path. */
  lineOf(path: DocumentPath): number | null;
  readonly duplicates: readonly DuplicateKey[];
  readonly scalars: readonly WrittenScalar[]; // keys and values that are not text
}

/** A key that a map has more than once. */
export interface DuplicateKey {
  readonly path: DocumentPath; // of the key
  readonly lines: readonly number[]; // in order; only the last one counts
  readonly lost: readonly string[]; // what the earlier ones hold and the last does not, dotted
}

/** A scalar that YAML 1.1 takes for something else than text. */
export interface WrittenScalar {
  readonly path: DocumentPath; // of the value, or of the key
  readonly line: number;
  readonly isKey: boolean;
  readonly type: string; // bool, int, float, timestamp
  readonly text: string; // as written
}

/** Surveys a text that YamlCodec can parse; throws for any other. */
export type YamlSurveyor = (text: string) => YamlSurvey;
