import { printable } from './printable.ts';
import { toPlain } from './yaml-value.ts';
import type { YamlKey, YamlValue } from './yaml-value.ts';

/** A place in a document: map keys and list indexes from the top. */
export type DocumentPath = readonly YamlKey[];

/** Something in a job that is wrong, or looks it. */
export interface JobProblem {
  readonly file: string | null; // null = not of one file
  readonly line: number | null; // of the file, from 1; null = not known
  readonly path: DocumentPath; // in the file's own document; empty = the whole
  readonly value: YamlValue; // what was found there
  readonly sentence: string;
}

/** A job that cannot be run. Holds every problem that was found, the message shows them all, one a line. */
export class JobConfigError extends Error {
  override readonly name = 'JobConfigError';
  readonly problems: readonly JobProblem[];
  constructor(problems: readonly JobProblem[], options?: ErrorOptions) {
    super(problems.map(describeProblem).join('\n'), options);
    this.problems = problems;
  }
}

/** One line: `job.yaml:12: tasks[2]: Invalid task definition: ...`. */
export function describeProblem(problem: JobProblem): string {
  const file =
    problem.file === null ? null : problem.line === null ? problem.file : `${problem.file}:${problem.line}`;
  const path = problem.path.length === 0 ? null : describePath(problem.path);
  return [file, path, problem.sentence].filter((part) => part !== null).join(': ');
}

/** `tasks[2].exec`: the way to a value as a reader writes it. */
function describePath(path: DocumentPath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

/** A value as a sentence shows it: one line, cut after 100 characters. */
export function showValue(value: YamlValue): string {
  const text = typeof value === 'string' ? `'${value}'` : JSON.stringify(toPlain(value));
  return printable(text.length > 100 ? `${text.slice(0, 100)}...` : text);
}
