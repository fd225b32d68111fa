import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRun, apiLab, nodeSpec, startJob } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const built: Readonly<Record<string, string>> = {
  'index.html': '<!doctype html>',
  'assets/index-abc.js': 'render()',
  'config.json': '{}',
};
let lab: ApiLab;
beforeEach(() => {
  lab = apiLab({
    pages: async (path) =>
      built[path] === undefined ? null : { bytes: bytes(built[path]), type: 'text/html; charset=utf-8' },
  });
});
afterEach(() => lab.close());

describe('the files of the pages', () => {
  test('are served with a policy that lets nothing in from elsewhere', async () => {
    const index = await lab.get('/');
    expect(await index.text()).toBe('<!doctype html>');
    expect(index.headers.get('cache-control')).toBe('no-cache');
    expect(index.headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'self';/);
    const script = await lab.get('/assets/index-abc.js');
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect((await lab.get('/config.json')).status).toBe(200);
  });

  test.each(['/assets/none.js', '/assets/..%2Fconfig.json', '/favicon.svg', '/v1/nothing'])(
    '%s is not among them',
    async (path) => {
      expect((await lab.get(path)).status).toBe(404);
    },
  );

  test('that were never built are asked for in a sentence', async () => {
    const bare = apiLab();
    const answer = await bare.get('/');
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('npm run pages')]);
    bare.close();
  });
});

test('the addresses that mails and words print lead to the pages of that run and job', async () => {
  const [id] = await addRun(lab, 'ann-2026-03-04_05:06:07-a%b', 1);
  const to = async (path: string) => {
    const { status, headers } = await lab.get(path);
    return [status, headers.get('location')];
  };
  const page = '/#/runs/ann-2026-03-04_05:06:07-a%25b/';
  expect(await to('/ann-2026-03-04_05:06:07-a%25b')).toEqual([302, page]);
  expect(await to('/ann-2026-03-04_05:06:07-a%25b/')).toEqual([302, page]);
  expect(await to(`/ann-2026-03-04_05:06:07-a%25b/${id}/`)).toEqual([302, `${page}${id}/`]);
  expect(await to('/nope/')).toEqual([404, null]);
  expect(await to('/ann-2026-03-04_05:06:07-a%25b/999/')).toEqual([404, null]);
});

describe('what pages ask beside lists', () => {
  const json = async (path: string) => (await (await lab.get(path)).json()) as Record<string, never>;

  test('a failed job comes with the last backtrace of its log', async () => {
    const [id = 0] = await addRun(lab, 'r', 1);
    await lab.ports.nodes.register([nodeSpec('n1')], lab.ports.clock.now());
    const attempt = await startJob(lab, 'r', id, 'n1');
    const log = 'Traceback (most recent call last):\n  File "a.py"\nValueError: no\nend\n';
    await lab.ports.archive.append(`r/${id}/teuthology.log`, bytes(log));
    expect(await json(`/v1/runs/r/jobs/${id}`)).toMatchObject({ backtrace: null });
    const outcome = { actor: 'runner', durationSeconds: 1, nodesClean: true, now: lab.ports.clock.now() };
    await lab.ports.jobs.finish(attempt, { ...outcome, status: 'fail', failureReason: 'no' });
    expect((await json(`/v1/runs/r/jobs/${id}`))['backtrace']).toBe(
      'Traceback (most recent call last):\n  File "a.py"\nValueError: no',
    );
  });

  test('archived files are listed folder by folder, and no further than the job', async () => {
    const [id] = await addRun(lab, 'r', 1);
    await lab.ports.archive.append(`r/${id}/remote/a/log`, bytes('xyz'));
    await lab.ports.archive.append('secret/file', bytes('x'));
    const { files } = await json(`/v1/runs/r/jobs/${id}/files`);
    expect(files).toMatchObject([{ name: 'remote', kind: 'folder' }]);
    const inside = await json(`/v1/runs/r/jobs/${id}/files?folder=remote/a`);
    expect(inside['files']).toMatchObject([{ name: 'log', kind: 'file', size: 3 }]);
    expect(await json(`/v1/runs/r/jobs/${id}/files?folder=none`)).toEqual({ files: [], next: null });
    for (const name of ['b', 'c']) await lab.ports.archive.append(`r/${id}/remote/${name}`, bytes('xyz'));
    const first = await json(`/v1/runs/r/jobs/${id}/files?folder=remote&limit=2`);
    expect(first['files']).toMatchObject([{ name: 'a' }, { name: 'b' }]);
    const behind = `/v1/runs/r/jobs/${id}/files?folder=remote&limit=2&cursor=${String(first['next'])}`;
    expect(await json(behind)).toMatchObject({ files: [{ name: 'c' }], next: null });
    expect((await lab.get(`/v1/runs/r/jobs/${id}/files?folder=../../secret`)).status).toBe(400);
    expect((await lab.get('/v1/runs/r/jobs/99/files')).status).toBe(404);
  });

  test('a part of a log comes with its place in the whole', async () => {
    const [id] = await addRun(lab, 'r', 1);
    await lab.ports.archive.append(`r/${id}/teuthology.log`, bytes('0123456789'));
    const part = async (query: string) => {
      const { status, headers, ...answer } = await lab
        .get(`/v1/runs/r/jobs/${id}/log?${query}`)
        .then(async (got) => ({ status: got.status, headers: got.headers, text: await got.text() }));
      return [status, answer.text, headers.get('x-log-start'), headers.get('x-log-size')];
    };
    expect(await part('offset=-3')).toEqual([200, '789', '7', '10']);
    expect(await part('offset=-99')).toEqual([200, '0123456789', '0', '10']);
    expect(await part('offset=2&limit=4')).toEqual([200, '2345', '2', '10']);
    expect(await part('offset=10')).toEqual([200, '', '10', '10']);
    expect(await part('offset=99')).toEqual([200, '', '99', '10']);
  });

  test('a node comes with what is held against it', async () => {
    const [id = 0] = await addRun(lab, 'r', 1);
    const now = lab.ports.clock.now();
    await lab.ports.nodes.register([nodeSpec('n1')], now);
    const attempt = await startJob(lab, 'r', id, 'n1');
    await lab.ports.evidence.report(attempt, [{ node: 'n1', kind: 'certain', reason: 'disk is gone' }], now);
    expect((await json('/v1/nodes/n1'))['evidence']).toEqual([
      {
        kind: 'certain',
        at: new Date(now).toISOString(),
        reason: 'disk is gone',
        job: { run: 'r', job_id: id },
      },
    ]);
  });

  test('queues are summed up: length, head, nodes, and who paused them', async () => {
    const [id] = await addRun(lab, 'r', 2);
    const now = lab.ports.clock.now();
    await lab.ports.nodes.register([nodeSpec('n1'), { ...nodeSpec('m1'), machineType: 'mira' }], now);
    const pause = { by: 'ann@lab', reason: 'images', since: now, until: now + 1000 };
    await lab.ports.pauses.pause({ machineType: 'mira', ...pause });
    const { queues } = await json('/v1/queues');
    expect(queues).toMatchObject([
      { machine_type: 'mira', queued: 0, head: null, nodes: { free: 1 }, pause: { by: 'ann@lab' } },
      {
        machine_type: 'sandbox',
        queued: 2,
        running: 0,
        head: { job_id: id },
        nodes: { free: 1 },
        pause: null,
      },
    ]);
    await lab.ports.pauses.pause({ machineType: '*', ...pause });
    expect((await json('/v1/queues'))['queues']).toMatchObject([{}, { pause: { machine_type: '*' } }]);
  });
});
