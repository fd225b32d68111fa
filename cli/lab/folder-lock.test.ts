import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LabRunningError, takeLabLock } from './folder-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process of its own that takes the lock, starts a child that outlives it, and waits. */
async function holder() {
  const script = `
    import { spawn } from 'node:child_process';
    import { takeLabLock } from '${join(import.meta.dirname, 'folder-lock.ts')}';
    takeLabLock('${join(folder, 'lock')}', '${folder}');
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
  const lab = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(lab.stdout, 'data')) as [Buffer];
  return { lab, orphan: Number(line.toString()) };
}

describe('the lock of a folder', () => {
  test('is refused while another process holds it, with the folder in the sentence', async () => {
    const { lab, orphan } = await holder();
    expect(() => takeLabLock(join(folder, 'lock'), folder)).toThrow(LabRunningError);
    expect(() => takeLabLock(join(folder, 'lock'), folder)).toThrow(folder);
    lab.kill('SIGKILL');
    process.kill(orphan, 'SIGKILL');
    await once(lab, 'exit');
  });

  test('is free as soon as its holder was killed, though children of it live on', async () => {
    const { lab, orphan } = await holder();
    lab.kill('SIGKILL');
    await once(lab, 'exit');
    const lock = takeLabLock(join(folder, 'lock'), folder);
    lock.release();
    expect(() => takeLabLock(join(folder, 'lock'), folder).release()).not.toThrow();
    process.kill(orphan, 'SIGKILL');
  });
});
