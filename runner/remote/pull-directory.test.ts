import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeOnServers, startRemote } from '../../test/fixtures/ssh-remote.ts';
import type { RemoteFixture } from '../../test/fixtures/ssh-remote.ts';
import { RemoteFileNotFoundError } from './files.ts';
import type { PulledFile, Remote } from './remote.ts';

describeOnServers('pulling a directory', (server) => {
  let fixture: RemoteFixture;
  let remote: Remote;
  beforeAll(async () => {
    fixture = await startRemote(server, { tuning: { silenceSeconds: 1 } });
    remote = fixture.remote;
  });
  beforeEach(async () => {
    await remote.run('rm -rf tree && mkdir tree');
  });
  afterAll(async () => fixture[Symbol.asyncDispose]());

  async function pull(path = 'tree'): Promise<Record<string, string>> {
    const files: Record<string, string> = {};
    await remote.pullDirectory(path, async (file) => {
      const parts: Uint8Array[] = [];
      for await (const part of file.content) parts.push(part);
      const content = Buffer.concat(parts);
      expect(content.length).toBe(file.size);
      files[file.path] = content.toString();
    });
    return files;
  }

  test('gives its regular files, with names of every kind', async () => {
    const long = `${'long/'.repeat(60)}${'n'.repeat(200)}`;
    const names = ['a', 'b c/d', 'new\nline', '日本/🦑', "it's", '-x', long];
    for (const name of names) await remote.writeFile(`tree/${name}`, `of ${name}`, { mkdir: true });
    await remote.writeFile('tree/empty', '');
    await remote.run('mkdir tree/empty-folder');
    expect(await pull()).toEqual({
      empty: '',
      ...Object.fromEntries(names.map((name) => [name, `of ${name}`])),
    });
  });

  test('makes every name safe', async () => {
    await remote.run(
      `cd tree && mkdir -p .hidden '...' && echo x > .hidden/.f && echo y > .../g && echo z > 'a\\..\\b'`,
    );
    expect(await pull()).toEqual({ '_hidden/_f': 'x\n', '_../g': 'y\n', 'a_.._b': 'z\n' });
  });

  test('skips links and pipes with a line for each, and gives both names of a hard link', async () => {
    await remote.run(
      'cd tree && echo x > f && ln f g && ln -s /etc/passwd link && mkfifo pipe && ln -s . loop',
    );
    const before = fixture.records.length;
    expect(await pull()).toEqual({ f: 'x\n', g: 'x\n' });
    const lines = fixture.records.slice(before).map((record) => record.message);
    expect(lines).toEqual(
      expect.arrayContaining([
        'Not pulling symlink tree/./link of target1',
        'Not pulling symlink tree/./loop of target1',
        'Not pulling fifo tree/./pipe of target1',
      ]),
    );
  });

  test('goes on when a file is cut or removed while it is read', async () => {
    await remote.run(
      'cd tree && head -c 40000000 /dev/zero > 1-big && for i in 2 3 4; do echo $i > $i-small; done; echo last > 5-last',
    );
    const got: string[] = [];
    const before = fixture.records.length;
    await remote.pullDirectory('tree', async (file: PulledFile) => {
      if (got.length === 0)
        execFileSync('sh', ['-c', ': > 1-big; : > 5-last; rm -f 2-small 3-small 4-small'], {
          cwd: `${fixture.endpoint.home}/tree`,
        });
      for await (const _ of file.content);
      got.push(file.path);
    });
    expect(got.length).toBeGreaterThanOrEqual(1);
    const warnings = fixture.records.slice(before).filter((record) => record.level === 'warn');
    expect(warnings.map((record) => record.message)).toContainEqual(
      expect.stringMatching(/^Pulling tree of target1: tar: /),
    );
  });

  test('goes on after a file whose content nobody read', async () => {
    await remote.run('cd tree && head -c 3000000 /dev/zero > a && echo b > b');
    const paths: string[] = [];
    await remote.pullDirectory('tree', async (file) => void paths.push(file.path));
    expect(paths.sort()).toEqual(['a', 'b']);
  });

  test('ends when the receiver fails, with its failure', async () => {
    await remote.run('cd tree && head -c 30000000 /dev/zero > a && cp a b');
    const full = new Error('disk full');
    const pulled = remote.pullDirectory('tree', async () => {
      throw full;
    });
    await expect(pulled).rejects.toBe(full);
    expect(await remote.sh('echo still works')).toBe('still works\n');
  });

  test('takes no more memory than a file needs on its way', async () => {
    await remote.run('cd tree && for i in 1 2 3; do head -c 80000000 /dev/zero > $i; done');
    const before = process.memoryUsage().rss;
    let most = 0;
    let bytes = 0;
    await remote.pullDirectory('tree', async (file) => {
      for await (const part of file.content) {
        bytes += part.length;
        most = Math.max(most, process.memoryUsage().rss);
      }
    });
    expect(bytes).toBe(240_000_000);
    expect(most - before).toBeLessThan(150_000_000);
  });

  test('says when there is no such directory', async () => {
    await expect(pull('no such tree')).rejects.toBeInstanceOf(RemoteFileNotFoundError);
    await remote.writeFile('plain', 'x');
    await expect(pull('plain')).rejects.toThrow('Command failed on target1 with status 2');
  });

  test('stops when it is told to', async () => {
    await remote.run('cd tree && head -c 30000000 /dev/zero > a');
    const cancel = new AbortController();
    const pulled = remote.pullDirectory('tree', async () => cancel.abort(new Error('enough')), {
      signal: cancel.signal,
    });
    await expect(pulled).rejects.toMatchObject({
      name: 'CommandCanceledError',
      cause: { message: 'enough' },
    });
  });
});
