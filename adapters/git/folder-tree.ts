import { readFileSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyDirectory, plant } from './suite-tree.ts';
import type { TreeDirectory } from './suite-tree.ts';

/** The tree in a folder that does not change, its files named by their paths; they are read when they are asked for. */
export async function folderTree(folder: string): Promise<TreeDirectory<string>> {
  const root = emptyDirectory<string>();
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(join(folder, '/').length);
    if (entry.isDirectory()) plant(root, path, emptyDirectory());
    else if (entry.isSymbolicLink()) plant(root, path, { kind: 'link', target: await readlink(file) });
    else plant(root, path, { kind: 'file', file });
  }
  return root;
}

/** The bytes of such a file. */
export function bytesOfFile(file: string): Uint8Array {
  return readFileSync(file);
}
