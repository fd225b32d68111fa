import type { SuiteSource } from '../../ports/suite-source.ts';
import { joinPath } from '../matrix.ts';
import type { RawFinding } from './finding.ts';

/** What of a directory's entries looks as if it was meant to count, or not to count, and does otherwise. */
export function nameFindings(source: SuiteSource, path: string, names: readonly string[]): RawFinding[] {
  const visible = names.filter((name) => !name.startsWith('.'));
  return [
    ...visible.flatMap((name) => entryFinding(source, joinPath(path, name), name)),
    ...magicFinding(path, names),
  ];
}

function entryFinding(source: SuiteSource, file: string, name: string): RawFinding[] {
  const finding = (rule: RawFinding['rule'], sentence: string): RawFinding[] => [
    { rule, file, line: null, sentence, related: [] },
  ];
  if (/\.ya?ml\s*$/i.test(name) && !name.endsWith('.yaml') && source.stat(file) === 'file') {
    return finding('ignored-name', `is ignored, since only names that end in '.yaml' count as fragments`);
  }
  if (/\.(disabled|DISABLED?)$/.test(name) && source.stat(file) === 'directory') {
    return finding('not-disabled', `is not disabled, since only the ending '.disable' disables a directory`);
  }
  return [];
}

function magicFinding(path: string, names: readonly string[]): RawFinding[] {
  const files = ['+', '$', '%'].filter((name) => names.includes(name));
  const magic = path.endsWith('$') && !files.includes('$') ? [...files, 'a name that ends in $'] : files;
  if (magic.length < 2) return [];
  const winner = magic.includes('+') ? '+' : '$';
  const meaning = winner === '+' ? 'everything in it becomes one job' : 'one entry is picked at random';
  const sentence = `has ${magic.join(' and ')} at once; ${winner} wins and the rest is ignored: ${meaning}`;
  return [{ rule: 'several-magic-files', file: path, line: null, sentence, related: [] }];
}
