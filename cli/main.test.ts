import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli } from '../test/fixtures/lab-process.ts';

describe('the command line', () => {
  test('without a word lists the words', async () => {
    const { output } = await cli(['--help']);
    for (const word of [
      'up',
      'demo',
      'suite',
      'schedule',
      'status',
      'ls',
      'logs',
      'kill',
      'run',
      'expand',
      'schema',
    ]) {
      expect(output).toMatch(new RegExp(`^  ${word} .*\\w`, 'm'));
    }
  });

  test('keeps all that it compiled for its next start', async () => {
    await using home = await mkdtempDisposable(join(tmpdir(), 'loligo-home-'));
    await cli(['--version'], { HOME: home.path });
    const kept = await readdir(join(home.path, '.cache', 'loligo', 'compiled'), { recursive: true });
    // Each module of ours is there twice: compiled, and before that without its types.
    expect(kept.length).toBeGreaterThan(100);
    const { output } = await cli(['--version'], { HOME: home.path, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
    expect(output).toMatch(/reading cache from .* for StrippedTypeScript .*cli\/main\.ts.*success/);
  });

  test.each([['status'], ['suite', '-s', 'smoke'], ['kill', 'r'], ['logs', 'r', '1']])(
    '%s without a lab is one sentence and exit 2',
    async (...args) => {
      const { output, exitCode } = await cli(args, { LOLIGO_FOLDER: '/nonexistent/lab' });
      expect(exitCode).toBe(2);
      expect(output).toBe('no lab runs in /nonexistent/lab: start one with "loligo up", or set LOLIGO_API\n');
    },
  );

  test('a port that cannot be is refused with its value', async () => {
    const { output, exitCode } = await cli(['up', '--port', '65536'], { LOLIGO_FOLDER: '/nonexistent/lab' });
    expect(exitCode).toBe(1);
    expect(output).toContain("'65536' is not a whole number from 0 to 65535.");
    expect(output).not.toContain('    at ');
  });

  test('a write to a host that has no address is given up at once, with its URL', async () => {
    const { output, exitCode } = await cli(['kill', 'r'], { LOLIGO_API: 'http://nowhere.invalid' });
    expect(exitCode).toBe(2);
    expect(output).toContain('no lab answers at http://nowhere.invalid (');
  });

  test('with LOLIGO_API pointing nowhere says where', async () => {
    const { output, exitCode } = await cli(['status'], { LOLIGO_API: 'http://127.0.0.1:9' });
    expect(exitCode).toBe(2);
    expect(output).toContain('no lab answers at http://127.0.0.1:9 (');
    const malformed = await cli(['status'], { LOLIGO_API: 'nowhere' });
    expect(malformed).toMatchObject({
      exitCode: 2,
      output: "the environment variable LOLIGO_API is 'nowhere', which cannot be used\n",
    });
  });

  test('repeats a write whose connection broke under the same key', async () => {
    const keys: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      keys.push(request.headers['idempotency-key'] as string | undefined);
      if (keys.length < 3) return request.socket.destroy();
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"killed":[{"run":"r","job_ids":[4]}]}');
      return undefined;
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { output, exitCode } = await cli(['kill', 'r'], { LOLIGO_API: url, LOLIGO_TOKEN: 't' });
    server.close();
    expect({ output, exitCode }).toEqual({ output: 'killed 1 job: 4\n', exitCode: 0 });
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('comes back when it was told to, and not before', async () => {
    const asked: number[] = [];
    const server = createServer((_request, response) => {
      asked.push(Date.now());
      if (asked.length === 1) response.writeHead(429, { 'retry-after': '1' });
      response.end('{"runs":[],"nodes":[],"next":null}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { output, exitCode } = await cli(['status', '--nodes', '-v'], { LOLIGO_API: url });
    server.close();
    expect(exitCode).toBe(0);
    const asking = `\\S+ DEBUG:loligo\\.lab:GET ${url}/v1/nodes\\?limit=1000`;
    expect(output).toMatch(new RegExp(`^${asking} 429\n${asking} 200\nthe lab has no nodes\n$`));
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test.each([
    [['suite', '-s', 'x', '-p', 'high'], "'high' is not a whole number from 0 on"],
    [['suite', '-s', 'x', '-N', '0'], "'0' is not a whole number from 1 on"],
    [['up', '--targets', 'cloud'], "'cloud' is invalid"],
    [
      ['up', '--targets', 'static', '--folder', '/tmp/loligo-never'],
      '--targets static needs --machines FILE',
    ],
    [['kill'], 'which run?'],
    [['kill', 'a/b/c'], "'a/b/c' is neither RUN nor RUN/JOB"],
  ])('%j is refused with a sentence and no stack', async (args, sentence) => {
    const { output, exitCode } = await cli(args, { LOLIGO_API: 'http://127.0.0.1:9' });
    expect(exitCode).toBe(1);
    expect(output).toContain(sentence);
    expect(output).not.toMatch(/\n\s+at /);
  });
});
