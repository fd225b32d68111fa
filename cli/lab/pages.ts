import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PageFile } from '../../api/ports.ts';

const folder = join(import.meta.dirname, '..', '..', 'web', 'dist');
const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
};

/** A file of the built pages (`npm run pages`), as it is now; null when there is none, also when they have not been built. */
export async function builtPages(path: string): Promise<PageFile | null> {
  const name = /^(?:assets\/)?[\w-]+\.([a-z]+)$/.exec(path);
  const type = types[name?.[1] ?? ''];
  if (type === undefined) return null;
  try {
    return { bytes: new Uint8Array(await readFile(join(folder, path))), type };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
