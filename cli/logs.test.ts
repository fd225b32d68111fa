import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { cli } from '../test/fixtures/lab-process.ts';

const lines = ['one', 'two', 'drei ä', '', 'five'];
const text = lines.map((line) => `${line}\n`).join('');
const servers: { close: () => void; closeAllConnections: () => void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A lab that cuts every answer about a log after a few bytes, in the middle of whatever comes; null = it has no events. */
async function brittleLab(params: { events: boolean; cutAfter: number }) {
  const asked: (string | undefined)[] = [];
  const started = Date.now();
  const cut = (response: ServerResponse, whole: string) => {
    const bytes = Buffer.from(whole);
    if (bytes.length <= params.cutAfter) return response.end(bytes);
    response.write(bytes.subarray(0, params.cutAfter), () => setTimeout(() => response.destroy(), 20));
    return response;
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://lab');
    if (pathname === '/v1/runs/r/jobs/7') {
      const status = Date.now() - started > 1500 ? 'pass' : 'running';
      return response.end(JSON.stringify({ run: 'r', job_id: 7, status }));
    }
    if (pathname === '/v1/runs/r/jobs/7/log') {
      asked.push(request.headers['last-event-id'] as string | undefined);
      if (!params.events) return response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
      const from = Number(request.headers['last-event-id'] ?? 0);
      return cut(response.writeHead(200, { 'content-type': 'text/event-stream' }), eventsFrom(from));
    }
    asked.push(request.headers.range);
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const bytes = Buffer.from(text);
    if (start >= bytes.length) return response.writeHead(416).end('{}');
    const rest = bytes.subarray(start, start + params.cutAfter);
    response.writeHead(206, { 'content-length': String(bytes.length - start) });
    response.write(rest, () => setTimeout(() => response.destroy(), 20));
    return response;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  const env = { LOLIGO_API: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  return { env, asked };
}

function eventsFrom(from: number): string {
  let offset = 0;
  const events = lines.map((line) => {
    offset += Buffer.byteLength(line) + 1;
    return { offset, text: `id: ${offset}\ndata: ${line}\n\n` };
  });
  const rest = events.filter((event) => event.offset > from).map((event) => event.text);
  return `: quiet\n\n${rest.join('')}event: end\ndata: \n\n`;
}

test.each([40, 45, 61])(
  'a log whose events are cut off after %i bytes comes whole, each line once',
  async (cutAfter) => {
    const { env, asked } = await brittleLab({ events: true, cutAfter });
    const { output, exitCode } = await cli(['logs', 'r/7', '-f'], env);
    expect({ output, exitCode }).toEqual({ output: text, exitCode: 0 });
    expect(asked.length).toBeGreaterThan(1);
    expect(asked[0]).toBeUndefined();
    expect(asked[1]).toMatch(/^[1-9]\d*$/);
  },
);

test('without events the log is asked for, from where an answer broke off, until the job is over', async () => {
  const { env, asked } = await brittleLab({ events: false, cutAfter: 6 });
  const { output, exitCode } = await cli(['logs', 'r/7', '-f'], env);
  expect({ output, exitCode }).toEqual({ output: text, exitCode: 0 });
  expect(asked).toContain('bytes=6-');
});
