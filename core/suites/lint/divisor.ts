import type { SuiteSource } from '../../ports/suite-source.ts';
import { parsePythonInt } from '../subset.ts';
import type { RawFinding } from './finding.ts';

/** What a `%` file asks for; 1 where it makes no sense, with what is wrong. */
export function divisorOf(
  source: SuiteSource,
  file: string,
): { divisions: bigint; finding: RawFinding | null } {
  const refuse = (sentence: string, line: number | null = null): ReturnType<typeof divisorOf> => ({
    divisions: 1n,
    finding: { rule: 'bad-divisor', file, line, sentence, related: [] },
  });
  if (source.stat(file) !== 'file') return refuse('must be a file');
  const text = readText(source, file);
  if (text === null) return refuse('cannot be read');
  if (text === '') return { divisions: 1n, finding: null };
  const value = parsePythonInt(text);
  const said = JSON.stringify(text.slice(0, 40));
  if (value === null) {
    return refuse(`must be empty or hold a whole number, but holds ${said}; the suite cannot be expanded`, 1);
  }
  return value <= 0
    ? refuse(`cannot cut a product into ${said} parts`, 1)
    : { divisions: BigInt(value), finding: null };
}

/** The text of a file, or null where it cannot be read. */
export function readText(source: SuiteSource, file: string): string | null {
  try {
    return source.read(file);
  } catch {
    return null;
  }
}
