import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LabRunningError, takeLabLock } from './folder-lock.ts';

let folder: string;
let started: number[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-lock-'));
  started = [];
});
afterEach(() => {
  for (const pid of started) end(pid);
  rmSync(folder, { recursive: true });
});

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

/** A process of its own that takes the lock, collects its garbage, starts a child that outlives it, and waits. */
async function holder() {
  const script = `
    import { spawn } from 'node:child_process';
    import { takeLabLock } from '${join(import.meta.dirname, 'folder-lock.ts')}';
    takeLabLock('${join(folder, 'lock')}', '${folder}');
    gc();
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
  const lab = spawn(process.execPath, ['--expose-gc', '--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(lab.pid ?? 0);
  const [line] = (await once(lab.stdout, 'data')) as [Buffer];
  started.push(Number(line.toString()));
  return lab;
}

describe('the lock of a folder', () => {
  test('is refused while another process holds it, with the folder in the sentence', async () => {
    await holder();
    expect(() => takeLabLock(join(folder, 'lock'), folder)).toThrow(LabRunningError);
    expect(() => takeLabLock(join(folder, 'lock'), folder)).toThrow(folder);
  });

  test('is free as soon as its holder was killed, though children of it live on', async () => {
    const lab = await holder();
    lab.kill('SIGKILL');
    await once(lab, 'exit');
    const lock = takeLabLock(join(folder, 'lock'), folder);
    lock.release();
    expect(() => takeLabLock(join(folder, 'lock'), folder).release()).not.toThrow();
  });
});
