import { isYamlMap } from '../../config/yaml-value.ts';
import type { YamlMap, YamlValue } from '../../config/yaml-value.ts';
import type { SuiteSource } from '../../ports/suite-source.ts';
import type { YamlCodec } from '../../ports/yaml-codec.ts';
import { YamlError } from '../../config/yaml-error.ts';
import { SuiteError } from '../errors.ts';
import { pythonText } from './python-text.ts';

/** A fragment that says of itself what nobody can read. */
export class MetaError extends SuiteError {
  override readonly name = 'MetaError';
  constructor(file: string, reason: string, cause?: unknown) {
    super({ message: `${file}: ${reason}`, file, originalError: 'Exception', cause });
  }
}

/** The texts of some fields under a fragment's `meta`, '' for those it does not have. Each fragment is read once. Throws MetaError. */
export function metaReader(
  { source, yaml }: { source: SuiteSource; yaml: YamlCodec },
  fields: readonly string[],
): (path: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const meta = metaOf(path, parsed(path, { source, yaml }));
    const texts = fields.map((field) => (meta.has(field) ? pythonText(meta.get(field) ?? null) : ''));
    known.set(path, texts);
    return texts;
  };
}

function parsed(path: string, { source, yaml }: { source: SuiteSource; yaml: YamlCodec }): YamlValue {
  try {
    return yaml.parse(source.read(path), path);
  } catch (cause) {
    if (cause instanceof YamlError) throw cause;
    throw new MetaError(
      path,
      `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

const nothing: YamlMap = new Map();

function metaOf(path: string, document: YamlValue): YamlMap {
  if (document === null) return nothing;
  if (!isYamlMap(document)) throw new MetaError(path, 'must be a map at its top level');
  if (!document.has('meta')) return nothing;
  const meta = document.get('meta') ?? null;
  const [only, ...more] = Array.isArray(meta) ? (meta as readonly YamlValue[]) : [];
  if (more.length > 0 || !isYamlMap(only))
    throw new MetaError(path, '`meta` must be a list of exactly one map');
  return only;
}
