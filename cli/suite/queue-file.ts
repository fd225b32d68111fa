import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { isYamlMap } from '../../core/config/yaml-value.ts';
import { InputError } from '../client/failure.ts';
import { sorted } from './report.ts';

/**
 * Appends jobs to a file, each as often as asked, as a YAML document with its number. The last number is kept in `FILE.count`. For one
 * writer at a time. Returns the numbers given out.
 */
export async function appendToQueueFile(
  file: string,
  jobs: { configs: readonly string[]; copies: number },
): Promise<number[]> {
  const countFile = `${file}.count`;
  const ids: number[] = [];
  let next = (await lastNumber(countFile)) + 1;
  for (const config of jobs.configs) {
    for (let copy = 0; copy < jobs.copies; copy++) {
      await appendFile(file, `---\n${sorted(withId(config, next))}`);
      await writeFile(countFile, String(next));
      ids.push(next++);
    }
  }
  return ids;
}

/** The FILE of `--queue-backend @FILE`; null = the queue of the lab. Throws InputError for any other. */
export function queueFileOf(backend: string): string | null {
  if (backend === 'beanstalk') return null;
  if (backend.startsWith('@') && backend.length > 1) return backend.slice(1);
  throw new InputError(`'${backend}' is no queue: the lab has its own, and @FILE appends to a file`);
}

function withId(config: string, id: number): string {
  const document = pyYaml.parse(config);
  return isYamlMap(document) ? pyYaml.print(new Map([...document, ['job_id', String(id)]])) : config;
}

async function lastNumber(file: string): Promise<number> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (!/^\d+$/.test(text)) throw new InputError(`${file} must hold a number, not '${text.slice(0, 40)}'`);
    return Number(text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
