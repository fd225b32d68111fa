import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wipe } from './wipe.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loligo-wipe-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('folders without the write bit and dangling links go, and what links point to stays', async () => {
  const home = join(folder, 'home');
  await mkdir(join(home, 'locked', 'deeper'), { recursive: true });
  await writeFile(join(folder, 'precious'), 'kept');
  await symlink('../../precious', join(home, 'locked', 'link'));
  await symlink('/nowhere', join(home, 'dangling'));
  await chmod(join(home, 'locked', 'deeper'), 0o000);
  await chmod(join(home, 'locked'), 0o500);
  await wipe(home);
  expect(await readdir(folder)).toEqual(['precious']);
  expect(await readFile(join(folder, 'precious'), 'utf8')).toBe('kept');
});

test('a folder that is not there is fine', async () => {
  await wipe(join(folder, 'nothing'));
  expect(await readdir(folder)).toEqual([]);
});

// Mounting needs root and CAP_SYS_ADMIN.
test.runIf(process.getuid?.() === 0 && mayMount())(
  'what a user mounted into the folder is unmounted and keeps its files',
  async () => {
    const [home, elsewhere] = [join(folder, 'home'), join(folder, 'elsewhere')];
    await mkdir(join(home, 'a b'), { recursive: true });
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'precious'), 'kept');
    execFileSync('/usr/bin/mount', ['--bind', elsewhere, join(home, 'a b')]);
    await wipe(home);
    expect(await readdir(folder)).toEqual(['elsewhere']);
    expect(await readFile(join(elsewhere, 'precious'), 'utf8')).toBe('kept');
  },
);

function mayMount(): boolean {
  try {
    execFileSync('/usr/bin/unshare', ['-m', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
