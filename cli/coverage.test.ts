import { serve } from '@hono/node-server';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addRun, apiLab } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';
import { labClient } from './client/lab-client.ts';
import { command } from './coverage.ts';
import { runOfLab } from './gcov/archived-run.ts';
import { fetchCounters } from './gcov/fetch-counters.ts';

let lab: ApiLab;
let close: () => void;
let url: string;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-coverage-'));
  lab = apiLab();
  const http = serve({ fetch: lab.app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(http, 'listening');
  close = () => http.close();
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  vi.stubEnv('LOLIGO_API', url);
});
afterEach(() => {
  vi.unstubAllEnvs();
  close();
  lab.close();
  rmSync(folder, { recursive: true });
});

test('what jobs counted is fetched from a lab, unpacked, of those jobs that did', async () => {
  const [one, , three] = await addRun(lab, 'r', 3);
  const put = (path: string, content: string | Uint8Array) =>
    lab.ports.archive.put(`r/${path}`, Buffer.from(content));
  await put(`${one}/remote/h1/coverage/root/b/x.gcda`, 'plain');
  await put(`${one}/remote/h1/coverage/b/x.gcno`, 'notes');
  await put(`${one}/remote/h1/log/x.gcda`, 'elsewhere');
  await put(`${three}/remote/h2/coverage/root/b/y.gcda.gz`, gzipSync('packed'));
  const jobs = await fetchCounters(await runOfLab(labClient({ url, token: () => null }), 'r'), folder);
  const told = jobs.map(({ job, counters, notes }) => ({
    job,
    counters: counters.map(({ path, copy }) => [path, readFileSync(copy, 'utf8')]),
    notes: notes.map(({ path }) => path),
  }));
  expect(told).toEqual([
    {
      job: String(one),
      counters: [['h1/coverage/root/b/x.gcda', 'plain']],
      notes: ['h1/coverage/b/x.gcno'],
    },
    { job: String(three), counters: [['h2/coverage/root/b/y.gcda', 'packed']], notes: [] },
  ]);
});

test('a machine without lcov is told what to install, and nothing is left behind', async () => {
  const [job] = await addRun(lab, 'r', 1);
  for (const end of ['gcda', 'gcno']) {
    await lab.ports.archive.put(`r/${job}/remote/h1/coverage/x.${end}`, Buffer.from('xxxx12345678'));
  }
  vi.stubEnv('PATH', '/nowhere');
  vi.stubEnv('TMPDIR', folder);
  const ended = command().exitOverride().parseAsync(['r'], { from: 'user' });
  await expect(ended).rejects.toThrow('lcov is not installed on this machine: apt-get install lcov');
  expect(readdirSync(folder)).toEqual([]);
});
