import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { StaleFenceError } from '../core/ports/provider.ts';
import { replaceFile } from './replace-file.ts';

/** Lets orders on nodes pass in turn, and only those that are not older than one already seen. */
export interface Fences {
  /**
   * Runs `act` when nothing else acts on the node, after noting the fence on disk. An order with a fence below the noted one is
   * refused with StaleFenceError; the same one may be repeated.
   */
  guard<T>(node: string, fence: number, act: () => Promise<T>): Promise<T>;
}

/** Fences kept as one small file per node in `folder`, so that they survive the lab. */
export function openFences(folder: string): Fences {
  const turns = new Map<string, ReturnType<typeof pLimit>>();
  return {
    async guard(node, fence, act) {
      const turn = turns.get(node) ?? pLimit(1);
      turns.set(node, turn);
      return await turn(async () => {
        const file = join(folder, `${encodeURIComponent(node)}.fence`);
        const seen = await readFence(file);
        if (fence < seen) throw new StaleFenceError(node, fence, seen);
        if (fence > seen) {
          await mkdir(folder, { recursive: true, mode: 0o700 });
          await replaceFile(file, String(fence));
        }
        return await act();
      });
    },
  };
}

async function readFence(file: string): Promise<number> {
  try {
    return Number(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
