import { readFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import type { TaskContext } from '../engine/task.ts';
import { toError } from '../engine/failure.ts';

/** A file that a task's config names cannot be had. */
class TestFileError extends Error {
  override readonly name = 'TestFileError';
}

const mostBytes = 16 * 2 ** 20;

/**
 * Reads a file that a job names: from a URL, in which `{branch}` is filled in, or from the suite's tree, which is `suite_path` and the folder
 * that holds it. At most 16 MiB.
 */
export async function readTestFile(
  ctx: Pick<TaskContext, 'job' | 'options' | 'signal'>,
  { task, name, branch }: { task: string; name: string; branch: string },
): Promise<Buffer> {
  const where = name.replaceAll('{branch}', branch);
  const content = /^https?:\/\//.test(where) ? await fetched(ctx, task, where) : await read(ctx, task, where);
  if (content.length > mostBytes)
    throw new TestFileError(`${task}: ${where} has ${content.length} bytes, more than 16 MiB`);
  return content;
}

/** The branch that a job's suite is of, for `{branch}`. */
export function suiteBranch({ job }: Pick<TaskContext, 'job'>): string {
  const named = [job['suite_branch'], job['branch']].find((value) => typeof value === 'string');
  return typeof named === 'string' ? named : 'main';
}

async function fetched(ctx: Pick<TaskContext, 'signal'>, task: string, url: string): Promise<Buffer> {
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(60_000)]);
  try {
    const answer = await fetch(url, { signal });
    if (answer.ok) return Buffer.from(await answer.arrayBuffer());
    throw new TestFileError(`the server answers ${answer.status}`);
  } catch (cause) {
    ctx.signal.throwIfAborted();
    const { message, cause: deeper } = toError(cause);
    const why = deeper instanceof Error && deeper.message !== '' ? deeper.message : message;
    throw new TestFileError(`${task}: ${url} cannot be fetched: ${why}`, { cause });
  }
}

async function read(ctx: Pick<TaskContext, 'job' | 'options'>, task: string, path: string): Promise<Buffer> {
  const suitePath = ctx.options.suitePath ?? ctx.job['suite_path'];
  if (typeof suitePath !== 'string')
    throw new TestFileError(`${task}: '${path}' is no URL, and the job has no suite_path to look for it`);
  const folders = [resolve(suitePath), dirname(resolve(suitePath))];
  for (const folder of folders) {
    const file = resolve(folder, path);
    if (!file.startsWith(folder + sep)) continue;
    const content = await readFile(file).catch(() => null);
    if (content !== null) return content;
  }
  throw new TestFileError(`${task}: there is no file '${path}' in ${folders.join(' or ')}`);
}
