import { createReadStream } from 'node:fs';
import { JobConfigError, describeProblem } from '../../core/config/job-problem.ts';
import { loadJob } from '../../core/config/job-config.ts';
import { lineOf } from './positions.ts';
import { schemaFindings } from './schema-findings.ts';
import { pyYaml } from './yaml.ts';
import type { JobProblem } from '../../core/config/job-problem.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';

/** A job file that cannot be read at all. */
export class JobFileError extends Error {
  override readonly name = 'JobFileError';
  readonly path: string;
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path}: ${reason}`, options);
    this.path = path;
  }
}

/** A job as its files give it, and sentences about what its author may want to look at. */
export interface ReadJob {
  readonly config: YamlMap;
  readonly warnings: readonly string[];
}

interface JobText {
  readonly file: string;
  readonly text: string;
}

const maxBytes = 64 * 1024 * 1024;

/**
 * Reads, merges and checks the files of a job; `-` is standard input, which is read once. A path that does not exist is left out with a
 * warning, but one must exist. Throws JobFileError, YamlError, or JobConfigError with the file and line of every problem.
 */
export async function readJobFiles(
  paths: readonly string[],
  { stdin }: { stdin: AsyncIterable<Uint8Array | string> },
): Promise<ReadJob> {
  const texts: JobText[] = [];
  const missing: string[] = [];
  for (const [index, path] of paths.entries()) {
    if (path === '-' && paths.indexOf(path) < index) continue;
    const text = await readText(path, path === '-' ? stdin : createReadStream(path));
    if (text === null) missing.push(path);
    else texts.push({ file: path === '-' ? '<stdin>' : path, text });
  }
  if (texts.length === 0) throw new JobFileError(missing.join(', '), 'no such file');
  return checked(texts, missing);
}

/** Checks the text of one job that is no file, such as one that came over the API; `name` stands for the file. Throws as `readJobFiles` does. */
export function readJobText(text: string, name = 'job'): ReadJob {
  return checked([{ file: name, text }], []);
}

function checked(texts: readonly JobText[], missing: readonly string[]): ReadJob {
  const sources = texts.map(({ file, text }) => ({ file, value: pyYaml.parse(text, file) }));
  try {
    const { config, warnings } = loadJob(sources, schemaFindings);
    const skipped = missing.map((path) => `${path}: no such file, left out`);
    return { config, warnings: [...skipped, ...inOrder(texts, warnings).map(describeProblem)] };
  } catch (error) {
    if (!(error instanceof JobConfigError)) throw error;
    throw new JobConfigError(inOrder(texts, error.problems), { cause: error.cause });
  }
}

/** With their lines, in the order in which a reader meets them. */
function inOrder(texts: readonly JobText[], problems: readonly JobProblem[]): JobProblem[] {
  const place = ({ file }: JobProblem): number => texts.findIndex((text) => text.file === file);
  return problems
    .map((problem) => located(texts, problem))
    .sort((a, b) => place(a) - place(b) || (a.line ?? 0) - (b.line ?? 0));
}

function located(texts: readonly JobText[], problem: JobProblem): JobProblem {
  const source = texts.find(({ file }) => file === problem.file);
  return source === undefined ? problem : { ...problem, line: lineOf(source.text, problem.path) };
}

/** The text of a stream, or null when there is no such file. */
async function readText(path: string, stream: AsyncIterable<Uint8Array | string>): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > maxBytes) throw new JobFileError(path, `more than ${maxBytes} bytes are not a job`);
      chunks.push(Buffer.from(chunk));
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    if (error instanceof JobFileError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return null;
    const reason = code === 'EISDIR' ? 'is a folder, not a job file' : reasonOf(error);
    throw new JobFileError(path, reason, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return 'is not UTF-8 text';
  return error instanceof Error ? error.message : String(error);
}
