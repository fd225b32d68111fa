import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { ArchivePathError } from '../../core/ports/archive.ts';
import { compressLog, mayCompress } from './compressed-log.ts';
import { fileArchive } from './file-archive.ts';

// Too much for one chunk of any stream, and hardly compressible, so that places in the file and in its content differ.
const text = randomBytes(200_000).toString('hex');
let folder = '';
let log = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loligo-compressed-'));
  log = join(folder, 'r', '1', 'teuthology.log');
  await mkdir(join(folder, 'r', '1'), { recursive: true });
  await writeFile(log, text);
  return () => rm(folder, { recursive: true });
});

const archive = () => fileArchive({ folder, baseUrl: null });

async function read(range?: { start: number; end: number | null }): Promise<string | null> {
  const file = await archive().read('r/1/teuthology.log', range);
  if (file === null) return null;
  expect(file.size).toBe(text.length);
  const parts: Uint8Array[] = [];
  for await (const part of file.content) parts.push(part);
  return Buffer.concat(parts).toString();
}

test('a compressed log is read as before, whole and in part', async () => {
  await compressLog(log);
  expect(await readdir(join(folder, 'r', '1'))).toEqual(['teuthology.log.gz']);
  expect(await read()).toBe(text);
  for (const [start, end] of [
    [0, 0],
    [0, 10],
    [65_530, 65_550],
    [123_456, 333_333],
    [399_990, null],
    [399_990, 999_999],
  ] as const)
    expect(await read({ start, end })).toBe(text.slice(start, end ?? undefined));
});

test('killed while it is compressed, it is whole, and the next call makes an end of it', async () => {
  await writeFile(join(folder, 'r', '1', '.loligo-partial-teuthology.log.gz'), 'half');
  expect(await read()).toBe(text);
  expect((await archive().list('r/1')).map((entry) => entry.name)).toEqual(['teuthology.log']);
  await compressLog(log);
  // Killed after the new file was in its place: both are there.
  await writeFile(log, text);
  expect(await read()).toBe(text);
  expect(await mayCompress(log)).toBe(true);
  await compressLog(log);
  expect(await readdir(join(folder, 'r', '1'))).toEqual(['teuthology.log.gz']);
  expect(gunzipSync(await readFile(`${log}.gz`)).toString()).toBe(text);
});

test('what leads out of the archive is not read, and what is no plain file or empty is not compressed', async () => {
  await compressLog(log);
  const outside = await mkdtemp(join(tmpdir(), 'loligo-outside-'));
  await rm(join(outside, 'log.gz'), { force: true });
  await writeFile(join(outside, 'log.gz'), await readFile(`${log}.gz`));
  await rm(`${log}.gz`);
  await symlink(join(outside, 'log.gz'), `${log}.gz`);
  await expect(archive().read('r/1/teuthology.log')).rejects.toThrow(ArchivePathError);
  await symlink(join(outside, 'log.gz'), log);
  expect(await mayCompress(log)).toBe(false);
  await rm(log);
  expect(await mayCompress(log)).toBe(false);
  await writeFile(log, '');
  expect(await mayCompress(log)).toBe(false);
  await rm(outside, { recursive: true });
});
