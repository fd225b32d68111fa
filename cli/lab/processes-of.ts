import { readFile, readdir } from 'node:fs/promises';

/** A process that belongs to a folder. */
export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * The processes that have a folder's path on their command line or in their environment, this one left out. Reads /proc; finds
 * none where there is no /proc. The folder must be one that only its own processes can name, such as a fresh temporary one.
 */
export async function processesOf(folder: string): Promise<FoundProcess[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => processNaming(pid, folder)));
  return found.filter((each) => each !== null && each.pid !== process.pid) as FoundProcess[];
}

/** Kills what still belongs to a folder, and says what it was. For what is left when everything has been stopped in order. */
export async function killProcessesOf(folder: string): Promise<FoundProcess[]> {
  const killed: FoundProcess[] = [];
  // A process may start another one while it is being looked for.
  for (let round = 0; round < 5; round += 1) {
    const found = await processesOf(folder);
    if (found.length === 0) break;
    for (const each of found) {
      try {
        process.kill(each.pid, 'SIGKILL');
        killed.push(each);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }
  return killed;
}

async function processNaming(pid: number, folder: string): Promise<FoundProcess | null> {
  const [command, environment] = await Promise.all(
    ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
  );
  const names = (text: string | undefined) =>
    text !== undefined && new RegExp(`${escaped(folder)}(?![\\w.-])`).test(text);
  if (!names(command) && !names(environment)) return null;
  return { pid, command: (command ?? '').replaceAll('\0', ' ').trim() };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
