import { isJobKey, nearJobKeys } from '../../config/job-keys.ts';
import type { ListedTask } from '../../config/task-list.ts';
import { taskNameOf } from '../../config/task-list.ts';
import type { LintDocument } from './documents.ts';
import { related } from './finding.ts';
import type { RawFinding } from './finding.ts';
import { findingIn } from './yaml-rules.ts';

/** Which tasks there are, and how near a name comes to others. */
export interface KnownTasks {
  readonly builtIn: readonly string[];
  readonly near: (name: string, known: readonly string[]) => readonly string[];
}

/** The modules beside a suite: those that run here, and those of the original. */
export interface TaskModuleNames {
  readonly runnable: ReadonlySet<string>;
  readonly python: ReadonlySet<string>;
}

/** Module names out of file names. */
export function taskModules(files: readonly string[]): TaskModuleNames {
  const names = (ending: RegExp): Set<string> =>
    new Set(
      files
        .filter((file) => ending.test(file) && !/\.(test|d)\./.test(file))
        .map((file) => file.replace(ending, '')),
    );
  return { runnable: names(/\.(ts|js|mjs)$/), python: names(/\.py$/) };
}

/** The entries of `tasks`, and of the lists that some string of the suite names. */
export function taskEntries(document: LintDocument, named: ReadonlySet<string>): ListedTask[] {
  return document.facts.sections
    .filter(({ name }) => name === 'tasks' || named.has(name))
    .flatMap(({ entries }) => entries);
}

/** What only shows with all fragments of a suite at hand: names that nobody defines, and keys that nobody reads. */
export function nameFindings(documents: readonly LintDocument[], known: KnownTasks): RawFinding[] {
  const named = new Set(documents.flatMap(({ facts }) => [...facts.strings]));
  const defined = new Set(documents.flatMap(({ facts }) => [...facts.document.keys()]));
  return documents.flatMap((document) => [
    ...undefinedNames(document, { named, defined, known }),
    ...brokenEntries(document, named),
    ...unknownKeys(document, named),
  ]);
}

function undefinedNames(
  document: LintDocument,
  params: { named: ReadonlySet<string>; defined: ReadonlySet<unknown>; known: KnownTasks },
): RawFinding[] {
  return taskEntries(document, params.named).flatMap(({ path, entry }) => {
    if (typeof entry !== 'string' || params.defined.has(entry)) return [];
    const isTask = params.known.builtIn.includes(entry.replaceAll('-', '_'));
    const near = params.known.near(
      entry,
      [...params.defined].filter((key) => typeof key === 'string' && !isJobKey(key)) as string[],
    );
    const hint = isTask
      ? `; did you mean '${entry}:'?`
      : near.length > 0
        ? `; did you mean '${near[0]}'?`
        : '';
    const sentence = `'${entry}' is no task, having no colon, and no fragment of the suite defines a list of that name${hint}`;
    return [
      findingIn(document, { rule: 'undefined-name', line: document.survey?.lineOf(path) ?? null, sentence }),
    ];
  });
}

/** In `tasks` itself the checks of jobs have found them. */
function brokenEntries(document: LintDocument, named: ReadonlySet<string>): RawFinding[] {
  return taskEntries(document, named).flatMap(({ path, entry }) => {
    if (path[0] === 'tasks' || typeof entry === 'string' || taskNameOf(entry) !== null) return [];
    const sentence = `an entry of the list '${String(path[0])}' is no map of one task name`;
    return [
      findingIn(document, { rule: 'invalid-task', line: document.survey?.lineOf(path) ?? null, sentence }),
    ];
  });
}

function unknownKeys(document: LintDocument, named: ReadonlySet<string>): RawFinding[] {
  return [...document.facts.document.keys()].flatMap((key) => {
    if (typeof key === 'string' && (isJobKey(key) || named.has(key))) return [];
    const [near] = typeof key === 'string' ? nearJobKeys(key) : [];
    const hint = near === undefined ? '' : `, did you mean '${near}'?`;
    const sentence = `nothing reads the key '${String(key)}'${hint}`;
    return [
      findingIn(document, { rule: 'unknown-key', line: document.survey?.lineOf([key]) ?? null, sentence }),
    ];
  });
}

interface Mention {
  readonly document: LintDocument;
  readonly entry: ListedTask;
}

/** Each task that is neither built in nor a module, told once at its first place. */
export function taskFindings(
  documents: readonly LintDocument[],
  params: { known: KnownTasks; modules: TaskModuleNames },
): RawFinding[] {
  const named = new Set(documents.flatMap(({ facts }) => [...facts.strings]));
  const mentions = documents.flatMap((document) =>
    taskEntries(document, named).map((entry) => ({ document, entry })),
  );
  const byModule = Map.groupBy(mentions, ({ entry }) => taskNameOf(entry.entry)?.split('.')[0] ?? '');
  const { known, modules } = params;
  return [...byModule].flatMap(([name, places]) => {
    if (name === '' || name === 'kernel' || known.builtIn.includes(name) || modules.runnable.has(name))
      return [];
    if (modules.python.has(name)) {
      return [
        mentioned(places, 'python-task', `the task '${name}' is a Python module, which this lab cannot run`),
      ];
    }
    const near = known.near(name, [...known.builtIn, ...modules.runnable, ...modules.python]);
    const hint = near.length === 0 ? '' : `; did you mean ${near.map((each) => `'${each}'`).join(' or ')}?`;
    return [mentioned(places, 'unknown-task', `there is no task '${name}'${hint}`)];
  });
}

function mentioned(places: readonly Mention[], rule: RawFinding['rule'], sentence: string): RawFinding {
  const [first] = places;
  const files = new Map(places.map((place) => [place.document, place] as const));
  const others = [...files.values()].filter((place) => place.document !== first?.document);
  const more =
    others.length === 0 ? '' : ` (named in ${others.length} more ${others.length === 1 ? 'file' : 'files'})`;
  const line = (place: Mention | undefined): number | null =>
    place?.document.survey?.lineOf(place.entry.path) ?? null;
  return {
    rule,
    file: first?.document.paths[0] ?? '',
    line: line(first),
    sentence: sentence + more,
    related: others
      .slice(0, 5)
      .map((place) => related(place.document.paths[0] ?? '', 'also here', line(place))),
  };
}
