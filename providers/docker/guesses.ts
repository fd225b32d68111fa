import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../replace-file.ts';

/** The snapshot that a node was made with before its job asked for it. */
export interface Guess {
  readonly key: string;
  readonly image: string; // what the job itself asked for
  readonly system: string; // of that image, as keys have it
}

/** What nodes may want first, from what they wanted first in jobs like theirs. */
export interface Guesses {
  /** A node is made for another job: what was guessed or is to be noted for the one before does not count. */
  begin(node: string): void;
  /** The key that was noted for such jobs, or null. The next key that the node settles with is noted for them. */
  expect(node: string, like: string): Promise<string | null>;
  made(node: string, guess: Guess): void;
  of(node: string): Guess | null;
  /** The node has what it wanted (the first key counts), or is to lose what was guessed (null). */
  settle(node: string, key: string | null): Promise<void>;
  /** No job like this is to begin so any more: the snapshot is gone. */
  forget(like: string): Promise<void>;
}

/** Notes are files of a folder, one for all jobs that are alike. One that cannot be written or read costs time, not the job. */
export function openGuesses(folder: string): Guesses {
  const noting = new Map<string, string>(); // file by node
  const made = new Map<string, Guess>();
  const fileOf = (like: string): string => join(folder, createHash('sha256').update(like).digest('hex'));
  const noted = async (file: string): Promise<string | null> => {
    const text = await readFile(file, 'utf8').catch(() => '');
    return /^[0-9a-f]{64}$/.test(text) ? text : null;
  };
  return {
    begin(node) {
      noting.delete(node);
      made.delete(node);
    },
    async expect(node, like) {
      const file = fileOf(like);
      noting.set(node, file);
      return await noted(file);
    },
    made: (node, guess) => void made.set(node, guess),
    of: (node) => made.get(node) ?? null,
    async settle(node, key) {
      made.delete(node);
      const file = noting.get(node);
      if (key === null || file === undefined) return;
      noting.delete(node);
      if ((await noted(file)) === key) return;
      await mkdir(folder, { recursive: true })
        .then(() => replaceFile(file, key))
        .catch(() => undefined);
    },
    forget: (like) => rm(fileOf(like), { force: true }),
  };
}
