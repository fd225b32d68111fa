import { open, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { isYamlMap, toPlain } from '../../core/config/yaml-value.ts';

/** One job of an archive or of a lab, as words list it; one without a summary has only its last log line. */
export interface ListedJob {
  readonly id: string;
  readonly status: string | null;
  readonly owner: string | null;
  readonly description: string | null;
  readonly duration: number | null;
  readonly failureReason: string | null;
  readonly unfinished: string | null; // the last line of the log; null = the job has a summary
}

/** The jobs of a run's archive folder, its sub-folders with digits for a name, sorted as text. */
export async function jobsOfFolder(folder: string): Promise<ListedJob[]> {
  const ids = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).sort();
  return await Promise.all(ids.map((id) => jobOfFolder(join(folder, id), id)));
}

async function jobOfFolder(folder: string, id: string): Promise<ListedJob> {
  const empty = { id, status: null, owner: null, description: null, duration: null, failureReason: null };
  const text = await readFile(join(folder, 'summary.yaml'), 'utf8').catch(ignoreMissing);
  if (text === null) return { ...empty, unfinished: await lastLogLine(join(folder, 'teuthology.log')) };
  const summary = pyYaml.parse(text, join(folder, 'summary.yaml'));
  const plain = isYamlMap(summary) ? toPlain(summary) : {};
  const field = (key: string): unknown =>
    plain !== null && typeof plain === 'object' ? Reflect.get(plain, key) : null;
  const textOf = (key: string) =>
    field(key) === undefined || field(key) === null ? null : String(field(key));
  const duration = field('duration');
  return {
    ...empty,
    status: textOf('status') ?? verdict(field('success')),
    owner: textOf('owner'),
    description: textOf('description'),
    duration: typeof duration === 'number' ? duration : null,
    failureReason: textOf('failure_reason'),
    unfinished: null,
  };
}

function verdict(success: unknown): string | null {
  if (success === true) return 'pass';
  return success === false ? 'fail' : null;
}

const tailBytes = 64 * 1024;

async function lastLogLine(path: string): Promise<string> {
  const file = await open(path).catch(ignoreMissing);
  if (file === null) return '<no teuthology.log yet>';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tailBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n').at(-1) ?? '';
  } finally {
    await file.close();
  }
}

/** A catch that takes a file which is not there as null. */
export function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
