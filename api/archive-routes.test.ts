import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compressLog } from '../adapters/embedded/compressed-log.ts';
import { addRun, apiLab, nodeSpec, startJob } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';

let lab: ApiLab;
beforeEach(() => {
  lab = apiLab();
});
afterEach(() => lab.close());

const bytes = (text: string) => new TextEncoder().encode(text);

describe('a file of the archive', () => {
  test.each([
    ['teuthology.log', 'text/plain; charset=utf-8'],
    ['summary.yaml', 'text/plain; charset=utf-8'],
    ['pid', 'text/plain; charset=utf-8'],
    ['report.html', 'text/html; charset=utf-8'],
    ['results.json', 'application/json; charset=utf-8'],
    ['syslog.gz', 'application/gzip'],
    ['core.bin', 'application/octet-stream'],
  ])('%s is shown as %s', async (name, type) => {
    await lab.ports.archive.put(`r/1/${name}`, bytes('hello'));
    const response = await lab.get(`/archive/r/1/${name}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe('hello');
  });

  test('cannot run scripts in the name of the lab', async () => {
    await lab.ports.archive.put('r/1/evil.html', bytes('<script>steal()</script>'));
    const policy = (await lab.get('/archive/r/1/evil.html')).headers.get('content-security-policy');
    expect(policy).toMatch(/^sandbox;.*default-src 'none'/);
  });

  test.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=0-1,4-5', 200, '0123456789', null],
    ['lines=0-1', 200, '0123456789', null],
  ])('with Range %s is answered %i', async (range, status, body, contentRange) => {
    await lab.ports.archive.put('r/1/a.log', bytes('0123456789'));
    const response = await lab.get('/archive/r/1/a.log', { range });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-range')).toBe(contentRange);
    expect(await response.text()).toBe(body);
  });

  test('that is a compressed log is served as the log, whole and in part, and so is its tail', async () => {
    const [id = 0] = await addRun(lab, 'r', 1);
    await lab.ports.archive.put(`r/${id}/teuthology.log`, bytes('0123456789'));
    await compressLog(join(lab.folder, 'archive', 'r', String(id), 'teuthology.log'));
    const path = `/archive/r/${id}/teuthology.log`;
    const whole = await lab.get(path);
    expect([whole.headers.get('content-type'), whole.headers.get('content-length')]).toEqual([
      'text/plain; charset=utf-8',
      '10',
    ]);
    expect(await whole.text()).toBe('0123456789');
    const part = await lab.get(path, { range: 'bytes=-3' });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 7-9/10',
      '789',
    ]);
    expect(await (await lab.get(`/v1/runs/r/jobs/${id}/log?offset=-4`)).text()).toBe('6789');
  });

  test('that does not exist is a 404 naming it', async () => {
    const response = await lab.get('/archive/r/1/nothing.log');
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("the archive has nothing at 'r/1/nothing.log'");
  });
});

describe('leaving the archive', () => {
  test.each([
    '/archive/../lab.sqlite',
    '/archive/%2e%2e/lab.sqlite',
    '/archive/..%2flab.sqlite',
    '/archive/r/..%2f..%2flab.sqlite',
    '/archive/r/%2e%2e%5c..%5clab.sqlite',
    '/archive/%00',
    '/archive/%2fetc/passwd',
    '/archive/%ff',
    '/archive/link/passwd',
    '/archive/link/',
  ])('%s is refused', async (path) => {
    await lab.ports.archive.put('r/1/a.log', bytes('x'));
    symlinkSync('/etc', join(lab.folder, 'archive', 'link'));
    const response = await lab.get(path);
    expect([400, 404]).toContain(response.status);
    expect(await response.text()).not.toContain('root:');
  });
});

describe('a folder', () => {
  test('is a page that escapes names and links relatively', async () => {
    const name = 'a <b>&"c.log';
    await lab.ports.archive.put(`r/1/${name}`, bytes('x'));
    await lab.ports.archive.put('r/1/sub/file', bytes('x'));
    const page = await (await lab.get('/archive/r/1/')).text();
    expect(page).toContain('a &lt;b&gt;&amp;&quot;c.log');
    expect(page).not.toContain('<b>');
    expect(page).toContain(`href="./${encodeURIComponent(name).replaceAll("'", '&#39;')}"`);
    expect(page).toContain('href="./sub/"');
    expect(page).not.toMatch(/<script|https?:\/\//);
  });

  test('without its slash is redirected, an unknown one is a 404', async () => {
    await lab.ports.archive.put('r/1/a.log', bytes('x'));
    const response = await lab.get('/archive/r/1');
    expect(response.status).toBe(308);
    expect(response.headers.get('location')).toBe('/archive/r/1/');
    expect((await lab.get('/archive/other/')).status).toBe(404);
  });

  test('at the top lists the runs, newest first, also when there are none', async () => {
    expect((await lab.get('/archive/')).status).toBe(200);
    mkdirSync(join(lab.folder, 'archive', 'run-a'), { recursive: true });
    writeFileSync(join(lab.folder, 'archive', 'run-a', 'x'), '');
    expect(await (await lab.get('/archive/')).text()).toContain('run-a/');
  });
});

describe('a long folder', () => {
  /** The names that a page shows, and where the part behind it is. */
  async function part(path: string): Promise<{ names: string[]; next: string | null; link: string | null }> {
    const response = await lab.get(path);
    const text = await response.text();
    const names = [...text.matchAll(/href="\.\/([^"/]+)\/?"/g)].map(([, name = '']) => name);
    const next = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? null;
    return { names, next, link: response.headers.get('link') };
  }
  async function parts(path: string): Promise<string[][]> {
    const all: string[][] = [];
    for (let query: string | null = '?limit=3'; query !== null;) {
      const { names, next, link } = await part(`${path}${query}`);
      all.push(names);
      expect(link).toBe(next === null ? null : `<${path}${next}>; rel="next"`);
      query = next;
    }
    return all;
  }

  test('comes in parts that link to the next, each entry once', async () => {
    for (let job = 1; job <= 7; job++) await lab.ports.archive.put(`r/${job}/owner`, bytes('x'));
    expect(await parts('/archive/r/')).toEqual([['1', '2', '3'], ['4', '5', '6'], ['7']]);
  });

  test('so do the runs at the top, newest first', async () => {
    for (const [age, run] of ['old', 'mid', 'b', 'a', 'new'].entries()) {
      await lab.ports.archive.put(`${run}/1/owner`, bytes('x'));
      const at = run === 'a' ? 1002 : 1000 + age; // the same as that of b
      utimesSync(join(lab.folder, 'archive', run), at, at);
    }
    expect(await parts('/archive/')).toEqual([
      ['new', 'a', 'b'],
      ['mid', 'old'],
    ]);
  });

  test('of which a wrong part is asked for is a refusal', async () => {
    await lab.ports.archive.put('r/1/owner', bytes('x'));
    for (const query of ['limit=0', 'limit=x', 'limit=1001', 'cursor=nonsense'])
      expect((await lab.get(`/archive/r/?${query}`)).status).toBe(422);
  });
});

describe('following a log', () => {
  test('streams what is appended until the job is over, and then ends', async () => {
    const [id = 0] = await addRun(lab, 'r', 1);
    await lab.ports.nodes.register([nodeSpec('n1')], lab.ports.clock.now());
    const attempt = await startJob(lab, 'r', id, 'n1');
    const log = `r/${id}/teuthology.log`;
    const response = await lab.get(`/archive/${log}?follow=1`);
    const text = response.text();
    await lab.ports.archive.append(log, bytes('one\n'));
    await new Promise((resolve) => setTimeout(resolve, 700));
    await lab.ports.archive.append(log, bytes('two\n'));
    await lab.ports.archive.append(log, bytes('three\n'));
    await lab.ports.jobs.finish(attempt, {
      status: 'pass',
      failureReason: null,
      actor: 'runner',
      durationSeconds: 1,
      nodesClean: true,
      now: lab.ports.clock.now(),
    });
    expect(await text).toBe('one\ntwo\nthree\n');
  });

  test('a file of a finished job is given once', async () => {
    const [id] = await addRun(lab, 'r', 1);
    await lab.ports.jobs.kill({ run: 'r', actor: 'a', reason: 'b', now: lab.ports.clock.now() });
    await lab.ports.archive.put(`r/${id}/teuthology.log`, bytes('all of it'));
    expect(await (await lab.get(`/archive/r/${id}/teuthology.log?follow=1`)).text()).toBe('all of it');
  });

  test('of a job that does not exist is a 404', async () => {
    expect((await lab.get('/archive/r/77/teuthology.log?follow=1')).status).toBe(404);
  });
});
