import { findingsIn } from '../../config/job-checks.ts';
import { YamlTimestamp, isYamlMap } from '../../config/yaml-value.ts';
import type { DocumentPath } from '../../config/job-problem.ts';
import type { YamlMap } from '../../config/yaml-value.ts';
import type { LintDocument } from './documents.ts';
import { related } from './finding.ts';
import type { RawFinding } from './finding.ts';
import { surprise } from './surprising-values.ts';

/** What is wrong with a text as YAML, whatever it is for. */
export function textFindings(document: LintDocument): RawFinding[] {
  return [...readingFinding(document), ...duplicateFindings(document)];
}

/** What is wrong with a document as a fragment, as far as that shows without the others. */
export function fragmentFindings(document: LintDocument): RawFinding[] {
  const { survey, facts, loaded } = document;
  const surprises = (survey?.scalars ?? []).flatMap((scalar) => {
    const sentence = surprise(scalar);
    return sentence === null
      ? []
      : [findingIn(document, { rule: 'surprising-value', line: scalar.line, sentence })];
  });
  const dates = loaded.kind === 'document' && loaded.hasDates ? datesIn(facts.document, []) : [];
  return [
    ...textFindings(document),
    ...shapeFinding(document),
    ...surprises,
    ...dates.map((path) => dateFinding(document, path)),
    ...jobFindings(document),
  ];
}

/** A finding in a document, which names the other paths of its text. */
export function findingIn(
  document: LintDocument,
  found: Pick<RawFinding, 'rule' | 'line' | 'sentence'> & { related?: RawFinding['related'] },
): RawFinding {
  const [file = '', ...others] = document.paths;
  const links = others.slice(0, 3).map((path) => related(path, 'holds the same text'));
  return { ...found, file, related: [...(found.related ?? []), ...links] };
}

function readingFinding(document: LintDocument): RawFinding[] {
  const { loaded } = document;
  if (loaded.kind !== 'broken' || loaded.fault.cause === undefined) return [];
  const prefix = `${document.paths[0]}:`;
  const reason = loaded.fault.reason;
  const sentence = reason.startsWith(prefix) ? reason.slice(prefix.length).replace(/^\d+:\d+: /, '') : reason;
  return [findingIn(document, { rule: 'yaml-syntax', line: document.errorLine, sentence })];
}

function shapeFinding(document: LintDocument): RawFinding[] {
  const { loaded } = document;
  if (loaded.kind !== 'broken' || loaded.fault.cause !== undefined) return [];
  return [
    findingIn(document, {
      rule: 'not-a-map',
      line: document.survey?.lineOf(['teuthology']) ?? 1,
      sentence: loaded.fault.reason,
    }),
  ];
}

function duplicateFindings(document: LintDocument): RawFinding[] {
  return (document.survey?.duplicates ?? []).map(({ path, lines, lost }) => {
    const [first = 1, ...later] = lines;
    const last = later.at(-1) ?? first;
    const shown = lost.slice(0, 4).join('; ') + (lost.length > 4 ? `; and ${lost.length - 4} more` : '');
    const loss = lost.length === 0 ? 'nothing is lost' : `lost without a word: ${shown}`;
    const sentence = `the key '${path.map(String).join('.')}' stands at lines ${lines.join(', ')}; only line ${last} counts, ${loss}`;
    const places = later.map((line) => related(document.paths[0] ?? '', 'the same key again', line));
    return findingIn(document, { rule: 'duplicate-key', line: first, sentence, related: places });
  });
}

function datesIn(map: YamlMap, path: DocumentPath): DocumentPath[] {
  return [...map].flatMap(([key, value]) => {
    if (value instanceof YamlTimestamp) return [[...path, key]];
    return isYamlMap(value) ? datesIn(value, [...path, key]) : [];
  });
}

function dateFinding(document: LintDocument, path: DocumentPath): RawFinding {
  const sentence = `'${path.map(String).join('.')}' is a date, which cannot be merged where no value was before; quote it`;
  return findingIn(document, { rule: 'date-value', line: document.survey?.lineOf(path) ?? null, sentence });
}

const wrongSection = {
  tasks: 'invalid-task',
  roles: 'invalid-roles',
  requirements: 'invalid-requirements',
} as const;

/** The checks of jobs that hold for a fragment alone; names of lists and unknown keys need the other fragments. */
function jobFindings(document: LintDocument): RawFinding[] {
  return findingsIn(document.facts.document, 'fragment').flatMap((found) => {
    const [section] = found.path;
    if (section !== 'tasks' && section !== 'roles' && section !== 'requirements') return [];
    if (section === 'tasks' && typeof found.value === 'string' && found.path.length > 1) return [];
    const rule = found.severity === 'error' ? wrongSection[section] : 'repeated-role';
    const line = document.survey?.lineOf(found.path) ?? null;
    return [findingIn(document, { rule, line, sentence: found.sentence })];
  });
}
