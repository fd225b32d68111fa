import type { PlainValue } from '../../core/config/yaml-value.ts';

/** One step of a task list, taken apart. */
export interface TaskEntry {
  readonly name: string; // with `_` for `-`, as it is looked up and logged
  readonly config: PlainValue;
}

/** An entry of a task list is neither a map with one key nor the name of a top-level list. */
export class InvalidTaskError extends Error {
  override readonly name = 'InvalidTaskError';
}

/**
 * Reads one entry of a task list. A name without a config is looked up among the job's top-level keys: a list stands for
 * `sequential` over it, a map for the entry itself.
 */
export function readTaskEntry(
  entry: PlainValue,
  job: { readonly [key: string]: PlainValue | undefined },
): TaskEntry {
  if (typeof entry === 'string') return readReference(entry, job);
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) throw invalid(entry);
  const names = Object.keys(entry);
  const name = names[0];
  if (name === undefined || names.length > 1) throw invalid(entry);
  return { name: taskName(name), config: entry[name] ?? null };
}

/** A task's name as modules carry it: `ceph-fuse` is `ceph_fuse`. */
export function taskName(name: string): string {
  return name.replaceAll('-', '_');
}

function readReference(name: string, job: { readonly [key: string]: PlainValue | undefined }): TaskEntry {
  const meant = Object.hasOwn(job, name) ? job[name] : undefined;
  if (Array.isArray(meant)) return { name: 'sequential', config: meant };
  if (meant === null || typeof meant !== 'object') {
    throw new InvalidTaskError(
      `Invalid task definition: '${name}' has no configuration and is not the name of a top-level list (did you mean '${name}:'?)`,
    );
  }
  return readTaskEntry(meant, {});
}

function invalid(entry: PlainValue): InvalidTaskError {
  return new InvalidTaskError(`Invalid task definition: ${JSON.stringify(entry)} is not a map with one key`);
}
