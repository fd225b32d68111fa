import { YamlTimestamp, isYamlMap } from '../config/yaml-value.ts';
import type { YamlMap, YamlValue } from '../config/yaml-value.ts';
import { YamlError } from '../config/yaml-error.ts';
import type { SuiteSource } from '../ports/suite-source.ts';
import type { YamlCodec } from '../ports/yaml-codec.ts';
import type { Fragment } from './matrix.ts';

/** A fragment as it is merged, or why it cannot be. */
export type LoadedFragment =
  | { readonly kind: 'empty' } // nothing but comments
  | { readonly kind: 'broken'; readonly fault: FragmentFault }
  | FragmentDocument;

export interface FragmentDocument {
  readonly kind: 'document';
  readonly document: YamlMap; // without `teuthology.premerge`
  readonly premerge: YamlValue; // null = no script
  readonly hasPostmerge: boolean;
  readonly hasDates: boolean; // outside lists
}

/** Kept rather than thrown, since a broken fragment only matters once a job gets to it. */
interface FragmentFault {
  readonly reason: string;
  readonly originalError: string;
  readonly cause?: unknown;
}

/** Reads fragments, each of them once. */
export function fragmentLoader(source: SuiteSource, yaml: YamlCodec): (fragment: Fragment) => LoadedFragment {
  const loaded = new Map<Fragment, LoadedFragment>();
  return (fragment) => {
    const before = loaded.get(fragment);
    if (before !== undefined) return before;
    const now = load(fragment.path, source, yaml);
    loaded.set(fragment, now);
    return now;
  };
}

function load(path: string, source: SuiteSource, yaml: YamlCodec): LoadedFragment {
  let value: YamlValue;
  try {
    value = yaml.parse(source.read(path), path);
  } catch (cause) {
    return { kind: 'broken', fault: readFault(cause) };
  }
  if (value === null) return { kind: 'empty' };
  if (!isYamlMap(value)) return broken('must be a map at its top level', 'AttributeError');
  const section = value.get('teuthology');
  if (section === undefined) {
    return {
      kind: 'document',
      document: value,
      premerge: null,
      hasPostmerge: false,
      hasDates: hasDates(value),
    };
  }
  if (!isYamlMap(section)) {
    const popped = Array.isArray(section) || section instanceof Set;
    return broken('must have a map under `teuthology`', popped ? 'TypeError' : 'AttributeError');
  }
  return withScripts(value, section);
}

function withScripts(document: YamlMap, section: YamlMap): FragmentDocument {
  const premerge = section.get('premerge') ?? null;
  const rest = new Map(section);
  rest.delete('premerge');
  const postmerge = section.get('postmerge') ?? null;
  return {
    kind: 'document',
    document: new Map(document).set('teuthology', rest),
    premerge: isEmpty(premerge) ? null : premerge,
    hasPostmerge: !isEmpty(postmerge),
    hasDates: hasDates(document),
  };
}

/** What Python holds for false. */
function isEmpty(value: YamlValue): boolean {
  if (value instanceof Set || value instanceof Map) return value.size === 0;
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === false || value === '' || Number(value) === 0;
}

function hasDates(map: YamlMap): boolean {
  for (const value of map.values()) {
    if (value instanceof YamlTimestamp || (isYamlMap(value) && hasDates(value))) return true;
  }
  return false;
}

function broken(reason: string, originalError: string): LoadedFragment {
  return { kind: 'broken', fault: { reason, originalError } };
}

function readFault(cause: unknown): FragmentFault {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof YamlError) return { reason, originalError: 'YAMLError', cause };
  return {
    reason: `cannot be read: ${reason}`,
    originalError: cause instanceof TypeError ? 'UnicodeDecodeError' : 'OSError',
    cause,
  };
}
