/** How bad a finding is; only errors make the command fail. */
export type Severity = 'error' | 'warning' | 'note';

interface Rule {
  readonly id: string;
  readonly severity: Severity;
  readonly sentence: string;
  readonly optional: boolean; // runs only when it is asked for by name
}

function rule<const Id extends string>(id: Id, severity: Severity, sentence: string, optional = false) {
  return { id, severity, sentence, optional } as const satisfies Rule;
}

/** Every rule, in the order of the documentation, which has a section for each. */
export const lintRules = [
  rule('broken-link', 'error', 'Every path that is not hidden leads somewhere.'),
  rule('link-loop', 'error', 'No link leads back to a directory above it.'),
  rule('empty-facet', 'error', 'A directory with entries has one that counts as a fragment.'),
  rule('bad-divisor', 'error', 'A `%` file is empty or holds a positive whole number.'),
  rule('nested-subset-too-large', 'error', 'A nested subset has no more parts than its product has jobs.'),
  rule(
    'nested-subset-largest',
    'error',
    'A nested subset is not the largest factor of the product around it.',
  ),
  rule('expansion-fails', 'error', 'The suite can be expanded.'),
  rule('ignored-name', 'warning', 'A YAML file that is meant to count ends in `.yaml`.'),
  rule('not-disabled', 'warning', 'A directory is disabled by the ending `.disable` only.'),
  rule('several-magic-files', 'warning', 'A directory holds at most one of `+`, `$` and `%`.'),
  rule('yaml-syntax', 'error', 'Every YAML file can be read.'),
  rule('not-a-map', 'error', 'A fragment is a map at its top level.'),
  rule('duplicate-key', 'error', 'No map has a key twice.'),
  rule('date-value', 'error', 'No plain value is a date, which the original cannot merge.'),
  rule('surprising-value', 'warning', 'Text that YAML 1.1 takes for something else is quoted.'),
  rule('merge-conflict', 'error', 'Fragments of one job agree on what is a map and what is a list.'),
  rule('invalid-task', 'error', 'A task is a map of one key.'),
  rule('unknown-task', 'error', 'Every task is built in or a module of the suite.'),
  rule('python-task', 'note', 'No task is a Python module, which this lab cannot run.', true),
  rule('undefined-name', 'error', 'A list of tasks that is named is defined at the top level of the job.'),
  rule('invalid-roles', 'error', '`roles` is a list of lists of texts.'),
  rule('invalid-requirements', 'error', '`requirements` is a map of role to what its node must be.'),
  rule('repeated-role', 'warning', 'No two hosts of a job have the same role.'),
  rule('missing-role', 'error', 'The roles that tasks name are roles of the job.'),
  rule('unknown-key', 'warning', 'Something reads each top-level key of a job.'),
  rule('unused-fragment', 'warning', 'Every fragment is part of some job.'),
  rule('subset-gap', 'warning', 'Every fragment is part of some job of the subset.'),
  rule('subset-leftover', 'note', 'Every job belongs to some part of the subset.'),
] as const;

export type RuleId = (typeof lintRules)[number]['id'];

/** The rule of an id, or null. */
export function ruleOf(id: string): (typeof lintRules)[number] | null {
  return lintRules.find((each) => each.id === id) ?? null;
}

/** Which rules run: those asked for, else all that are not optional; never the ignored ones. */
export function chosenRules(choice: {
  only: readonly RuleId[];
  ignored: readonly RuleId[];
}): ReadonlySet<RuleId> {
  const { only, ignored } = choice;
  const wanted = lintRules.filter((each) => (only.length === 0 ? !each.optional : only.includes(each.id)));
  return new Set(wanted.map((each) => each.id).filter((id) => !ignored.includes(id)));
}
