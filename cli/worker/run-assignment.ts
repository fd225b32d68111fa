import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabAddress } from '../../adapters/http/lab-calls.ts';
import type { LaunchParams } from '../../core/ports/launcher.ts';
import { runnerEnvironment } from '../runner-environment.ts';

const runnerMain = join(import.meta.dirname, '..', '..', 'bin', 'runner.js');

/**
 * Runs one attempt in a process of its own, which goes on when the worker is killed, and resolves when that has ended. Its output is
 * in `JOB.FENCE.log` of the worker's folder; what became of the job the runner tells the lab itself.
 */
export async function runAssignment(params: {
  lab: LabAddress;
  folder: string;
  assignment: LaunchParams;
}): Promise<void> {
  const { lab, folder, assignment } = params;
  const { run, jobId, fence } = assignment.attempt;
  const base = join(folder, `${jobId}.${fence}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(`${base}.partial`, JSON.stringify({ lab: lab.url, ...assignment }), { mode: 0o600 });
  await rename(`${base}.partial`, `${base}.json`);
  const log = await open(`${base}.log`, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [runnerMain, `${base}.json`], {
      cwd: folder,
      env: { ...runnerEnvironment(), LOLIGO_TOKEN: lab.token },
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    console.log(`job ${run}/${jobId} starts (pid ${child.pid ?? '?'})`);
    const [code] = (await once(child, 'exit')) as [number | null];
    console.log(`job ${run}/${jobId} is over (exit status ${code ?? 'by a signal'})`);
  } catch (error) {
    // The claim is undone by the lab when its lease ends.
    console.error(`job ${run}/${jobId} could not be started: ${String(error)}`);
  } finally {
    await log.close();
  }
}
