import { isJobKey } from '../../config/job-keys.ts';
import type { DocumentPath } from '../../config/job-problem.ts';
import { listedTasks, stringsIn, taskNameOf } from '../../config/task-list.ts';
import type { ListedTask } from '../../config/task-list.ts';
import { isYamlMap } from '../../config/yaml-value.ts';
import type { YamlKey, YamlMap, YamlValue } from '../../config/yaml-value.ts';
import type { LoadedFragment } from '../fragments.ts';
import { roleUses } from './role-uses.ts';
import type { RoleUse } from './role-uses.ts';

export type ValueKind = 'map' | 'list' | 'scalar';

/** A list of tasks: `tasks`, or one that may be named by it. */
export interface TaskSection {
  readonly name: string;
  readonly entries: readonly ListedTask[];
}

/** What the rules want to know of a fragment. */
export interface FragmentFacts {
  readonly document: YamlMap;
  readonly kinds: ReadonlyMap<string, ValueKind>; // by path, its steps joined by NUL; null counts as nothing
  readonly roles: readonly string[];
  readonly sections: readonly TaskSection[];
  readonly uses: readonly RoleUse[]; // in `tasks` and in what it may name
  readonly strings: ReadonlySet<string>; // which may name a top-level list
  readonly isScripted: boolean; // a script may change the job, or leave the fragment out
}

/** The facts of a fragment; none of one that is empty or broken. */
export function factsOf(loaded: LoadedFragment): FragmentFacts {
  const document: YamlMap = loaded.kind === 'document' ? loaded.document : new Map();
  const sections = sectionsOf(document);
  const kinds = new Map<string, ValueKind>();
  noteKinds(document, '', kinds);
  return {
    document,
    kinds,
    roles: rolesOf(document.get('roles') ?? null),
    sections,
    uses: sections.flatMap((section) => section.entries.flatMap(usesOf)),
    strings: new Set(
      [...document].filter(([key]) => key !== 'description').flatMap(([, value]) => stringsIn(value)),
    ),
    isScripted: loaded.kind === 'document' && (loaded.premerge !== null || loaded.hasPostmerge),
  };
}

/** The path of a kind as a reader writes it. */
export function shownPath(joined: string): string {
  return joined.replaceAll('\0', '.');
}

function noteKinds(map: YamlMap, prefix: string, kinds: Map<string, ValueKind>): void {
  for (const [key, value] of map) {
    if (value === null) continue;
    const path = prefix === '' ? stepText(key) : `${prefix}\0${stepText(key)}`;
    kinds.set(path, kindOf(value));
    if (isYamlMap(value)) noteKinds(value, path, kinds);
  }
}

function stepText(key: YamlKey): string {
  return typeof key === 'boolean' ? String(Number(key)) : String(key);
}

function kindOf(value: YamlValue): ValueKind {
  if (isYamlMap(value)) return 'map';
  return Array.isArray(value) ? 'list' : 'scalar';
}

function rolesOf(value: YamlValue): string[] {
  const lists = Array.isArray(value) ? (value as YamlValue[]) : [];
  return lists
    .flatMap((host) => (Array.isArray(host) ? (host as YamlValue[]) : []))
    .filter((role) => typeof role === 'string');
}

function sectionsOf(document: YamlMap): TaskSection[] {
  return [...document].flatMap(([name, value]) => {
    if (typeof name !== 'string' || (name !== 'tasks' && isJobKey(name))) return [];
    if (Array.isArray(value)) return [{ name, entries: listedTasks(value as YamlValue[], [name]) }];
    if (name === 'tasks' || taskNameOf(value) === null) return [];
    const entries = listedTasks([value], [name]).map((each) => ({ ...each, path: withoutItem(each.path) }));
    return [{ name, entries }];
  });
}

/** A map of one task stands for a list of it, so the place in that list is no place in the text. */
function withoutItem([name = '', _item, ...rest]: DocumentPath): DocumentPath {
  return [name, ...rest];
}

function usesOf({ path, entry }: ListedTask): RoleUse[] {
  const task = taskNameOf(entry);
  if (task === null || !isYamlMap(entry)) return [];
  const [[key, config] = [null, null]] = entry;
  return roleUses({ task, config, path: [...path, key] });
}
