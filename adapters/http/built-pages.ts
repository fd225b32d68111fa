import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The files of the built pages (`npm run pages`) in a folder, as they are now; null for one that is not there, also when none have been built. */
export function builtPages(
  folder: string,
): (path: string) => Promise<{ bytes: Uint8Array<ArrayBuffer>; type: string } | null> {
  return async (path) => await pageFile(folder, path);
}

async function pageFile(folder: string, path: string) {
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
