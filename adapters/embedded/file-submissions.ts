import { createHash } from 'node:crypto';
import { link, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer, Submission, Submissions } from '../../core/ports/submissions.ts';

/** What a file holds; the answer is null until there is one. */
interface Entry {
  readonly submission: Submission;
  readonly answer: Answer | null;
}

const keptMs = 7 * 24 * 3600 * 1000;
const tidyEveryMs = 3600 * 1000;

/**
 * The journal of submissions as a folder with one small file per key. A file appears whole or not at all, and the link that
 * makes it appear fails when the key is there already. Answers are kept for a week, and older ones taken away at the start and then
 * once an hour; a submission without an answer stays. A file that cannot be read is set aside as `*.damaged`.
 */
export function fileSubmissions({ folder }: { folder: string }): Submissions {
  let tidiedAt = Date.now();
  const fileOf = (key: string) => join(folder, `${createHash('sha256').update(key).digest('hex')}.json`);
  const writeAside = async (entry: Entry) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const aside = join(folder, `.new-${crypto.randomUUID()}`);
    await writeFile(aside, JSON.stringify(entry), { mode: 0o600, flush: true });
    return aside;
  };
  return {
    async begin(submission) {
      const aside = await writeAside({ submission, answer: null });
      try {
        await link(aside, fileOf(submission.key));
        return { kind: 'new' };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        await rm(aside, { force: true });
      }
      const known = await readEntry(fileOf(submission.key));
      // Forgotten between the two looks: the key is free again.
      return known === null ? await this.begin(submission) : { kind: 'known', ...known };
    },
    async finish(key, answer) {
      const entry = await readEntry(fileOf(key));
      if (entry === null || entry.answer !== null) return;
      await rename(await writeAside({ ...entry, answer }), fileOf(key));
      if (Date.now() - tidiedAt < tidyEveryMs) return;
      tidiedAt = Date.now();
      await removeOldAnswers(folder);
    },
    forget: async (key) => rm(fileOf(key), { force: true }),
    async unfinished() {
      await removeScratch(folder);
      await removeOldAnswers(folder);
      const entries = await Promise.all((await filesIn(folder)).map((name) => readEntry(join(folder, name))));
      const open = entries.filter((entry) => entry !== null && entry.answer === null);
      return open.map((entry) => (entry as Entry).submission).sort((a, b) => a.at - b.at);
    },
  };
}

async function readEntry(file: string): Promise<Entry | null> {
  const text = await readFile(file, 'utf8').catch(missing);
  if (text === null) return null;
  try {
    return JSON.parse(text) as Entry;
  } catch {
    await rename(file, `${file}.damaged`);
    return null;
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(missing)) ?? [];
  return names.filter((name) => name.endsWith('.json'));
}

async function removeOldAnswers(folder: string): Promise<void> {
  for (const name of await filesIn(folder)) {
    const file = join(folder, name);
    const found = await stat(file).catch(missing);
    if (found === null || Date.now() - found.mtimeMs <= keptMs) continue;
    if ((await readEntry(file))?.answer) await rm(file, { force: true });
  }
}

/** What a killed process was writing. Only safe while nobody else writes: at the start. */
async function removeScratch(folder: string): Promise<void> {
  for (const name of (await readdir(folder).catch(missing)) ?? []) {
    if (name.startsWith('.new-')) await rm(join(folder, name), { force: true });
  }
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
