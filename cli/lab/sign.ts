import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { labFolder } from '../../adapters/embedded/lab-folder.ts';

/** Paths that only the lab process itself uses, beside those that it shares with its runners. */
export function labPaths(root: string) {
  return {
    ...labFolder(root),
    submissions: join(root, 'submissions'), // the journal of writes
    lock: join(root, 'lab.lock'), // held while a lab runs
    port: join(root, 'port'), // the last port, so that URLs stay true over restarts
    log: join(root, 'lab.log'),
  } as const;
}

export type LabPaths = ReturnType<typeof labPaths>;

/**
 * Makes the folders that are missing; only their owner may look inside. A folder that was there keeps its mode, so the database,
 * which has the jobs as they were submitted, gets one of its own; SQLite gives it to the files beside it too.
 */
export function makeLabFolders(paths: LabPaths): void {
  for (const path of [paths.root, paths.archive, paths.runners, paths.nodes, paths.submissions]) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  closeSync(openSync(paths.database, 'a', 0o600));
  chmodSync(paths.database, 0o600);
}

const sign = z.object({ url: z.url(), pid: z.number().int() });
export type LabSign = z.infer<typeof sign>;

/** Tells clients where the lab listens. */
export function writeLabSign(paths: LabPaths, lab: LabSign): void {
  const aside = `${paths.description}.new`;
  writeFileSync(aside, `${JSON.stringify(lab)}\n`);
  renameSync(aside, paths.description);
}

/** What the last lab of a folder wrote; null when none runs, though one that was killed leaves its sign behind. */
export function readLabSign(root: string): LabSign | null {
  try {
    return sign.parse(JSON.parse(readFileSync(labFolder(root).description, 'utf8')));
  } catch {
    return null;
  }
}

/** Takes the sign down. */
export function removeLabSign(paths: LabPaths): void {
  rmSync(paths.description, { force: true });
}

/** The port that the folder's lab had last; 0 = any. */
export function lastPort(paths: LabPaths): number {
  try {
    const port = Number(readFileSync(paths.port, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}

/** Remembers the port. */
export function rememberPort(paths: LabPaths, port: number): void {
  writeFileSync(paths.port, `${port}\n`);
}
