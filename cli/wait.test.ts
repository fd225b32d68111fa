import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { cli } from '../test/fixtures/lab-process.ts';

const counts = { queued: 0, waiting: 0, running: 0, pass: 0, fail: 0, dead: 0 };
const job = { run: 'r', job_id: 7, description: 'd', duration: 1, failure_reason: null, log_url: null };
const servers: { close: () => void; closeAllConnections: () => void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A fake lab whose one job ends as `status` after 500 ms; null = never. It has a stream of events, or has none. */
async function lab(status: 'pass' | 'fail' | null, { streams }: { streams: boolean }) {
  const began = Date.now();
  let looks = 0;
  const over = () => status !== null && Date.now() - began > 500;
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/v1/runs/r/events') {
      if (!streams) return response.writeHead(404).end('{}');
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: run\ndata: {}\n\n');
      if (status !== null) setTimeout(() => response.end('event: end\ndata: {}\n\n'), 600);
      return response;
    }
    if (path === '/v1/runs/r/jobs')
      return response.end(JSON.stringify({ jobs: over() ? [{ ...job, status }] : [], next: null }));
    looks += 1;
    const now = over() ? { [status ?? 'pass']: 1 } : { running: 1 };
    return response.end(JSON.stringify({ name: 'r', closed: true, counts: { ...counts, ...now } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  const env = { LOLIGO_API: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  return { env, looks: () => looks };
}

test.each([
  ['pass', true, 0],
  ['fail', true, 1],
  ['pass', false, 0],
] as const)('a run that ends as %s, events: %s, exits with %i', async (status, streams, expected) => {
  const { env, looks } = await lab(status, { streams });
  const { output, exitCode } = await cli(['wait', 'r'], env);
  expect(exitCode).toBe(expected);
  expect(output).toContain(`${status} 7 1.0s d`);
  expect(looks()).toBeLessThanOrEqual(3);
});

test('a run that takes too long is given up with a sentence', async () => {
  const { env } = await lab(null, { streams: true });
  const { output, exitCode } = await cli(['wait', '-r', 'r', '--timeout', '1s'], env);
  expect({ output, exitCode }).toEqual({ output: 'run r is not over after 1 s\n', exitCode: 1 });
});
