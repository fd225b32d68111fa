import { serve } from '@hono/node-server';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addRun, apiLab } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';
import { fakePaddles } from '../test/fixtures/fake-paddles.ts';
import { command } from './report.ts';

let lab: ApiLab;
let server: Awaited<ReturnType<typeof fakePaddles>>;
let close: () => void;
const folder = mkdtempSync(join(tmpdir(), 'loligo-report-'));
beforeEach(async () => {
  lab = apiLab();
  server = await fakePaddles();
  const http = serve({ fetch: lab.app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(http, 'listening');
  close = () => http.close();
  vi.stubEnv('LOLIGO_API', `http://127.0.0.1:${(http.address() as AddressInfo).port}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  close();
  await server.close();
  lab.close();
  rmSync(folder, { recursive: true, force: true });
});

async function report(...words: string[]): Promise<void> {
  await command()
    .exitOverride()
    .parseAsync([...words, '-s', server.url, '--json'], { from: 'user' });
}

test('pushes the jobs of a run with config, summary and what the lab knows, once', async () => {
  const ids = await addRun(lab, 'r', 2);
  await lab.ports.jobs.kill({ run: 'r', jobId: ids[0] ?? 0, actor: 'ann@lab', reason: 'no more', now: 1 });
  await lab.ports.archive.put(
    `r/${ids[0]}/summary.yaml`,
    new TextEncoder().encode('sentry-event: http://sentry/1\nstatus: pass\n'),
  );
  await report('-r', 'r');
  const jobs = server.runs.get('r');
  expect([...(jobs?.keys() ?? [])]).toEqual(ids.map(String));
  expect(jobs?.get(String(ids[0]))).toMatchObject({
    name: 'r',
    status: 'dead',
    success: false,
    sentry_event: 'http://sentry/1',
    failure_reason: expect.stringContaining('no more'),
  });
  expect(jobs?.get(String(ids[1]))).toMatchObject({ status: 'queued' });
  const before = server.asked.length;
  await report('r');
  expect(server.asked.slice(before)).toEqual(['HEAD /runs/r/']);
  await report('r', '--dead');
  expect(jobs?.get(String(ids[1]))).toMatchObject({
    status: 'dead',
    success: false,
  });
});

test('all runs are pushed, the oldest first', async () => {
  for (const run of ['a', 'b']) {
    await addRun(lab, run, 1);
    lab.pass(1000);
  }
  await report('--all-runs', '--no-save');
  expect([...server.runs.keys()]).toEqual(['a', 'b']);
});

test('needs to be told which runs, and refuses one that the lab does not have', async () => {
  await expect(report()).rejects.toThrow('which runs?');
  await expect(report('-r', 'nope')).rejects.toThrow("no run named 'nope'");
  await expect(report('-r', 'a', '-r', 'b', '-j', '1')).rejects.toThrow('exactly one');
});
