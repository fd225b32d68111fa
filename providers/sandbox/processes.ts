import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that cannot be mistaken for a later one with the same id. */
export interface ProcessRef {
  readonly pid: number;
  readonly startTime: string; // clock ticks after boot, from /proc
}

/** Processes did not go away although they were killed. */
class ProcessesRemainError extends Error {
  override readonly name = 'ProcessesRemainError';
  constructor(what: string, pids: readonly number[]) {
    super(`${what}: processes ${pids.join(', ')} are still there after SIGKILL`);
  }
}

/**
 * The running process of this id, or null when there is none. A zombie counts as none once its last thread has ended, for until then
 * it keeps its files and ports.
 */
export async function findProcess(pid: number): Promise<ProcessRef | null> {
  const stat = await readStat(pid);
  const dead = stat !== null && 'ZX'.includes(stat.state) && stat.threads <= 1;
  return stat === null || dead ? null : { pid, startTime: stat.startTime };
}

/** Whether exactly this process still runs. */
export async function isRunning(process: ProcessRef): Promise<boolean> {
  return (await findProcess(process.pid))?.startTime === process.startTime;
}

/** Kills a process with all its descendants. Each is stopped first, so that none can fork while the others are counted. */
export async function killTree(root: ProcessRef): Promise<void> {
  if (!(await isRunning(root))) return;
  const stopped = new Map<number, ProcessRef>();
  for (let size = -1; size < stopped.size;) {
    size = stopped.size;
    for (const pid of [root.pid, ...(await descendants(root.pid))]) {
      const found = stopped.has(pid) ? null : await findProcess(pid);
      if (found === null) continue;
      stopped.set(pid, found);
      signal(pid, 'SIGSTOP');
    }
  }
  for (const pid of stopped.keys()) signal(pid, 'SIGKILL');
  await waitUntilGone(
    `process ${root.pid} and its descendants`,
    async () => await stillRunning([...stopped.values()]),
  );
}

/**
 * Kills every process whose environment carries `entry` (`NAME=value`), and those they start meanwhile, until none is left. A process that
 * ends has its files and ports for longer than its environment: those that were found are waited for.
 */
export async function killMarked(entry: string): Promise<void> {
  const killed: ProcessRef[] = [];
  await waitUntilGone(entry, async () => {
    const marked = await findMarked(entry);
    for (const pid of marked) {
      const found = await findProcess(pid);
      if (found !== null) killed.push(found);
      signal(pid, 'SIGKILL');
    }
    const remaining = await stillRunning(killed);
    return [...new Set([...marked, ...remaining])];
  });
}

/** The processes whose environment carries `entry`. Those of other users are invisible to all but root. */
export async function findMarked(entry: string): Promise<number[]> {
  const wanted = `\0${entry}\0`;
  const marked = await Promise.all(
    (await processIds()).map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return `\0${environment}\0`.includes(wanted) ? [pid] : [];
    }),
  );
  return marked.flat().filter((pid) => pid !== process.pid);
}

/** Kills the processes that have `file` open and run a program that `isMeant`, with all their descendants. */
export async function killHolders(file: string, isMeant: (program: string) => boolean): Promise<void> {
  for (const pid of await processIds()) {
    const program = await readlink(`/proc/${pid}/exe`).catch(() => '');
    if (!isMeant(program.replace(/ \(deleted\)$/, '')) || !(await holds(pid, file))) continue;
    const found = await findProcess(pid);
    if (found !== null) await killTree(found);
  }
}

async function holds(pid: number, file: string): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => ''));
  return (await Promise.all(targets)).includes(file);
}

async function stillRunning(processes: readonly ProcessRef[]): Promise<number[]> {
  const running = await Promise.all(processes.map(isRunning));
  return processes.filter((_, index) => running[index]).map(({ pid }) => pid);
}

async function waitUntilGone(what: string, remaining: () => Promise<number[]>): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (let pause = 2; ; pause = Math.min(pause * 2, 100)) {
    const pids = await remaining();
    if (pids.length === 0) return;
    if (Date.now() > deadline) throw new ProcessesRemainError(what, pids);
    await sleep(pause);
  }
}

async function descendants(root: number): Promise<number[]> {
  const stats = await Promise.all(
    (await processIds()).map(async (pid) => ({ pid, stat: await readStat(pid) })),
  );
  const found = [root];
  for (const parent of found) {
    for (const { pid, stat } of stats) if (stat?.parent === parent) found.push(pid);
  }
  return found.slice(1);
}

async function processIds(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function readStat(
  pid: number,
): Promise<{ state: string; parent: number; threads: number; startTime: string } | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  if (text === null) return null;
  // The second field is the command name in brackets, which may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    threads: Number(fields[17]),
    startTime: fields[19] ?? '',
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // What may not be killed is reported by whoever waits for its end.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
