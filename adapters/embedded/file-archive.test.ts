import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ArchivePathError } from '../../core/ports/archive.ts';
import { describeArchive } from '../../test/contract/archive.ts';
import { fileArchive } from './file-archive.ts';

describeArchive({
  name: 'files',
  setup: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'loligo-archive-'));
    return {
      archive: fileArchive({ folder, baseUrl: 'https://lab.example/archive/' }),
      unserved: fileArchive({ folder, baseUrl: null }),
      close: async () => rmSync(folder, { recursive: true }),
    };
  },
});

describe('symbolic links in the archive folder', () => {
  let root: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'loligo-archive-'));
    folder = join(root, 'archive');
    mkdirSync(join(folder, 'run'), { recursive: true });
    mkdirSync(join(root, 'outside'));
    writeFileSync(join(root, 'outside', 'secret'), 'secret');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('that lead out are neither followed nor listed', async () => {
    const archive = fileArchive({ folder, baseUrl: null });
    symlinkSync(join(root, 'outside'), join(folder, 'run', 'door'));
    symlinkSync(join(root, 'outside', 'secret'), join(folder, 'run', 'key'));
    await expect(archive.read('run/door/secret')).rejects.toThrow(ArchivePathError);
    await expect(archive.read('run/key')).rejects.toThrow(ArchivePathError);
    await expect(archive.list('run/door')).rejects.toThrow(ArchivePathError);
    await expect(archive.put('run/door/new', new Uint8Array())).rejects.toThrow(ArchivePathError);
    await expect(archive.append('run/door/deep/new', new Uint8Array())).rejects.toThrow(ArchivePathError);
    await expect(archive.append('run/key', new Uint8Array())).rejects.toThrow(ArchivePathError);
    expect(await archive.list('run')).toEqual([]);
    expect(readFileSync(join(root, 'outside', 'secret'), 'utf8')).toBe('secret');
  });

  test('that stay inside are followed when reading', async () => {
    const archive = fileArchive({ folder, baseUrl: null });
    await archive.put('run/real', Buffer.from('here'));
    symlinkSync('real', join(folder, 'run', 'latest'));
    expect(await archive.read('run/latest')).toMatchObject({ size: 4 });
  });

  test('an archive whose own folder is a link works', async () => {
    symlinkSync(folder, join(root, 'alias'));
    const archive = fileArchive({ folder: join(root, 'alias'), baseUrl: null });
    await archive.append('run/1/log', Buffer.from('x'));
    expect(readFileSync(join(folder, 'run/1/log'), 'utf8')).toBe('x');
  });
});
