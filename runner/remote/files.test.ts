import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnServers, startRemote } from '../../test/fixtures/ssh-remote.ts';
import type { RemoteFixture } from '../../test/fixtures/ssh-remote.ts';
import { CommandFailedError } from './command-errors.ts';
import { RemoteFileNotFoundError } from './files.ts';
import type { Remote } from './remote.ts';

describeOnServers('files', (server) => {
  let fixture: RemoteFixture;
  let remote: Remote;
  let local: string;
  beforeAll(async () => {
    fixture = await startRemote(server);
    remote = fixture.remote;
    local = await mkdtemp(join(tmpdir(), 'loligo-files-'));
  });
  afterAll(async () => {
    await fixture[Symbol.asyncDispose]();
    await rm(local, { recursive: true });
  });

  test.each([false, true])('are written and read back, byte by byte (sudo: %s)', async (sudo) => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await remote.writeFile('bytes', bytes, { sudo });
    expect((await remote.readFile('bytes', { sudo })).equals(bytes)).toBe(true);
    await remote.writeFile('bytes', 'ü', { sudo });
    expect((await remote.readFile('bytes', { sudo })).toString()).toBe('ü');
    await remote.writeFile('bytes', '', { sudo });
    expect(await remote.readFile('bytes')).toHaveLength(0);
  });

  test('may have any name', async () => {
    for (const name of ['-', '-rf', 'a b', "it's", '$HOME', 'new\nline', '日本🦑', '*']) {
      await remote.writeFile(name, name);
      expect((await remote.readFile(name)).toString()).toBe(name);
    }
  });

  test('get their folders, mode and owner', async () => {
    const { uid } = await stat(fixture.endpoint.home);
    await remote.writeFile('new/folders/secret', 'x', {
      mkdir: true,
      mode: '0600',
      owner: `${uid}`,
      sudo: true,
    });
    const written = await stat(join(fixture.endpoint.home, 'new/folders/secret'));
    expect((written.mode & 0o777).toString(8)).toBe('600');
    expect(written.uid).toBe(uid);
  });

  test('are nobody else’s while a mode is still to be set', async () => {
    const slow = Readable.from(
      (async function* parts() {
        yield 'first ';
        const path = join(fixture.endpoint.home, 'slow');
        while (!(await stat(path).catch(() => null))) await new Promise((resolve) => setTimeout(resolve, 10));
        yield ((await stat(path)).mode & 0o777).toString(8);
      })(),
    );
    await remote.writeFile('slow', slow, { mode: '0644' });
    expect((await remote.readFile('slow')).toString()).toBe('first 600');
    expect(((await stat(join(fixture.endpoint.home, 'slow'))).mode & 0o777).toString(8)).toBe('644');
  });

  test('are appended to', async () => {
    await remote.writeFile('log', 'one\n', { append: true });
    await remote.writeFile('log', 'two\n', { append: true, sudo: true });
    expect((await remote.readFile('log')).toString()).toBe('one\ntwo\n');
  });

  test('that do not exist are told apart from those that cannot be read', async () => {
    const missing = remote.readFile('no/such file');
    await expect(missing).rejects.toBeInstanceOf(RemoteFileNotFoundError);
    await expect(missing).rejects.toThrow('No such file on target1: no/such file');
    await expect(remote.readFile('.')).rejects.toBeInstanceOf(CommandFailedError);
    await expect(remote.writeFile('no/folder/x', '')).rejects.toBeInstanceOf(CommandFailedError);
  });

  test('are put and fetched in any size', async () => {
    const content = Buffer.alloc(30_000_001, 'loligo\n');
    await writeFile(join(local, 'up'), content);
    await remote.putFile(join(local, 'up'), 'big');
    await remote.getFile('big', join(local, 'down'), { sudo: true });
    expect((await readFile(join(local, 'down'))).equals(content)).toBe(true);
  });

  test('that cannot be fetched leave nothing here', async () => {
    await writeFile(join(local, 'kept'), 'old');
    await expect(remote.getFile('nope', join(local, 'kept'))).rejects.toBeInstanceOf(RemoteFileNotFoundError);
    expect(await readFile(join(local, 'kept'), 'utf8')).toBe('old');
    expect((await readdir(local)).filter((name) => name.includes('.part'))).toEqual([]);
    await expect(remote.getFile('big', join(local, 'no/folder'))).rejects.toThrow('ENOENT');
  });

  test('that do not exist here are not put', async () => {
    await expect(remote.putFile(join(local, 'missing'), 'x')).rejects.toThrow('ENOENT');
  });
});
