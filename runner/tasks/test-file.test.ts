import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TaskContext } from '../engine/task.ts';
import { readTestFile, suiteBranch } from './test-file.ts';

let folder = '';
let server: Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'test-file-'));
  await mkdir(join(folder, 'qa/cram'), { recursive: true });
  await writeFile(join(folder, 'qa/cram/a.t'), 'a');
  await writeFile(join(folder, 'secret'), 's');
  server = createServer((request, response) => {
    response.statusCode = request.url?.includes('main') === true ? 200 : 404;
    response.end('found');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

function read(name: string, suitePath: string | null = join(folder, 'qa')): Promise<string> {
  const ctx = {
    job: {},
    options: { suitePath },
    signal: new AbortController().signal,
  } as unknown as TaskContext;
  return readTestFile(ctx, { task: 'cram', name, branch: 'main' }).then(String);
}

describe('a file that a job names', () => {
  test.each([['cram/a.t'], ['qa/cram/a.t']])('%s is found in the suite', async (name) => {
    expect(await read(name)).toBe('a');
  });

  test('comes from a URL, with the branch filled in', async () => {
    const { port } = server.address() as AddressInfo;
    expect(await read(`http://127.0.0.1:${port}/{branch}/a.t`)).toBe('found');
    await expect(read(`http://127.0.0.1:${port}/other`)).rejects.toThrow(
      /^cram: http\S+ cannot be fetched: the server answers 404$/,
    );
    await expect(read('http://host.invalid/x')).rejects.toThrow(
      /^cram: http:\/\/host.invalid\/x cannot be fetched: .*host.invalid/,
    );
  });

  test('is looked for nowhere else', async () => {
    await expect(read('../../etc/passwd')).rejects.toThrow(
      /^cram: there is no file '..\/..\/etc\/passwd' in/,
    );
    await expect(read('a.t', null)).rejects.toThrow("cram: 'a.t' is no URL, and the job has no suite_path");
  });

  test('is of the branch of the suite', () => {
    expect(suiteBranch({ job: { branch: 'b' } })).toBe('b');
    expect(suiteBranch({ job: { branch: 'b', suite_branch: 's' } })).toBe('s');
    expect(suiteBranch({ job: {} })).toBe('main');
  });
});
