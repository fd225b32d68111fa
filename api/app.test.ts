import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreBusyError } from '../core/ports/store-busy.ts';
import { addRun, apiLab, apiUrl, nodeSpec, startJob } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';

let lab: ApiLab;
beforeEach(() => {
  lab = apiLab();
});
afterEach(() => lab.close());

const json = async (response: Response) =>
  (await response.json()) as Record<string, never> & { detail: string };

describe('runs and jobs', () => {
  test('a run is shown with its status, its counts and where its logs are', async () => {
    await addRun(lab, 'ann-2026-03-04_05:06:07-smoke', 3);
    const run = await json(await lab.get('/v1/runs/ann-2026-03-04_05:06:07-smoke'));
    expect(run).toMatchObject({
      name: 'ann-2026-03-04_05:06:07-smoke',
      status: 'queued',
      counts: { queued: 3, pass: 0 },
      total: 3,
      seed: 7,
      submitted_at: '2026-03-04T05:06:07.000Z',
      url: `${apiUrl}/ann-2026-03-04_05:06:07-smoke/`,
    });
  });

  test('runs come newest first, a page at a time', async () => {
    for (const name of ['first', 'second', 'third']) {
      await addRun(lab, name, 1);
      lab.pass(1000);
    }
    const names = async (query: string) => {
      const { runs } = (await (await lab.get(`/v1/runs${query}`)).json()) as { runs: { name: string }[] };
      return runs.map((run) => run.name);
    };
    expect(await names('')).toEqual(['third', 'second', 'first']);
    expect(await names('?limit=1&offset=1')).toEqual(['second']);
  });

  test('jobs of a run can be asked for by status and by page', async () => {
    const ids = await addRun(lab, 'r', 4);
    await lab.ports.jobs.kill({
      run: 'r',
      jobId: ids[1] ?? 0,
      actor: 'ann@lab',
      reason: 'no',
      now: lab.ports.clock.now(),
    });
    const jobs = async (query: string) => {
      const body = (await (await lab.get(`/v1/runs/r/jobs${query}`)).json()) as {
        jobs: { job_id: number }[];
      };
      return body.jobs.map((job) => job.job_id);
    };
    expect(await jobs('')).toEqual(ids);
    expect(await jobs('?status=dead')).toEqual([ids[1]]);
    expect(await jobs('?status=queued,dead&limit=2&offset=2')).toEqual(ids.slice(2));
  });

  test('a queued job says why it waits', async () => {
    const waiting = apiLab({
      whyWaiting: (job) => ({
        reason: `job ${job.jobId} needs 1 node of type sandbox, 0 are free`,
        earliestAt: Date.UTC(2026, 2, 4, 3),
        likelyAt: Date.UTC(2026, 2, 4, 5),
        latestAt: Date.UTC(2026, 2, 4, 6),
      }),
    });
    const [id] = await addRun(waiting, 'r', 1);
    const job = await json(await waiting.get(`/v1/runs/r/jobs/${id}`));
    expect(job).toMatchObject({
      why_waiting: `job ${id} needs 1 node of type sandbox, 0 are free`,
      earliest_start: '2026-03-04T03:00:00.000Z',
      likely_start: '2026-03-04T05:00:00.000Z',
      expected_start: '2026-03-04T06:00:00.000Z',
      config: 'tasks:\n- nop:\n',
    });
    waiting.close();
  });

  test('a finished job has its reason, its actor and its log', async () => {
    const [id = 0] = await addRun(lab, 'r', 1);
    await lab.ports.nodes.register([nodeSpec('n1')], lab.ports.clock.now());
    const attempt = await startJob(lab, 'r', id, 'n1');
    await lab.ports.jobs.finish(attempt, {
      status: 'fail',
      failureReason: 'command failed: false',
      actor: 'runner',
      durationSeconds: 1.5,
      nodesClean: true,
      now: lab.ports.clock.now(),
    });
    expect(await json(await lab.get(`/v1/runs/r/jobs/${id}`))).toMatchObject({
      status: 'fail',
      failure_reason: 'command failed: false',
      duration: 1.5,
      nodes: ['n1'],
      log_url: `${apiUrl}/archive/r/${id}/teuthology.log`,
    });
    expect(await json(await lab.get('/v1/runs/r'))).toMatchObject({
      status: 'finished fail',
      counts: { fail: 1, queued: 0 },
    });
  });

  test.each([
    ['/v1/runs/nope', "no run named 'nope'"],
    ['/v1/runs/nope/jobs', "no run named 'nope'"],
    ['/v1/runs/nope/jobs/1', "no run named 'nope'"],
    ['/v1/runs/r/jobs/999', "run 'r' has no job '999'"],
    ['/v1/runs/r/jobs/x', "run 'r' has no job 'x'"],
    ['/v1/nodes/nope', "no node named 'nope'"],
    ['/v1/wrong', "nothing is at '/v1/wrong'"],
  ])('%s is a 404 with a sentence', async (path, sentence) => {
    await addRun(lab, 'r', 1);
    const response = await lab.get(path);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await json(response)).toMatchObject({ status: 404, title: 'Not found', detail: sentence });
  });

  test('a query that is no number is refused by name and value', async () => {
    const response = await lab.get('/v1/runs?limit=many');
    expect(response.status).toBe(422);
    expect((await json(response)).detail).toMatch(/limit: .*"many"/);
  });
});

describe('killing', () => {
  test('queued jobs are dead at once, with the reason and who wanted it', async () => {
    const ids = await addRun(lab, 'r', 2);
    const response = await lab.send('POST', '/v1/runs/r/kill', { reason: 'wrong branch' });
    expect(await response.json()).toEqual({ run: 'r', job_ids: ids });
    expect(await json(await lab.get(`/v1/runs/r/jobs/${ids[0]}`))).toMatchObject({
      status: 'dead',
      failure_reason: expect.stringContaining('wrong branch'),
      actor: 'ann@lab',
    });
    expect(lab.logged.join('\n')).toContain('ann@lab killed 2 jobs of run r');
  });

  test('one job can be killed alone, and only by its owner or an operator', async () => {
    const [first, second] = await addRun(lab, 'r', 2);
    const bob = { authorization: 'Bearer user-token' };
    const refused = await lab.send('POST', `/v1/runs/r/jobs/${first}/kill`, {}, bob);
    expect(refused.status).toBe(403);
    expect((await json(refused)).detail).toBe(
      "bob@lab may not kill jobs of run 'r', which belongs to ann@lab",
    );
    const done = await lab.send('POST', `/v1/runs/r/jobs/${first}/kill`, {});
    expect(await done.json()).toEqual({ run: 'r', job_ids: [first] });
    expect(await json(await lab.get(`/v1/runs/r/jobs/${second}`))).toMatchObject({ status: 'queued' });
  });
});

describe('priority', () => {
  test('a queued job can be moved, a finished one cannot', async () => {
    const [id] = await addRun(lab, 'r', 1);
    const moved = await lab.send('PUT', `/v1/runs/r/jobs/${id}/priority`, { priority: 5 });
    expect(moved.status).toBe(200);
    expect(await json(await lab.get(`/v1/runs/r/jobs/${id}`))).toMatchObject({ priority: 5 });
    await lab.send('POST', '/v1/runs/r/kill', {});
    const late = await lab.send('PUT', `/v1/runs/r/jobs/${id}/priority`, { priority: 1 });
    expect(late.status).toBe(409);
    expect((await json(late)).detail).toBe(`job ${id} is dead: only queued jobs have a place`);
  });
});

describe('nodes', () => {
  test('are listed with who holds them, and never with their private key', async () => {
    await lab.ports.nodes.register([nodeSpec('n1'), nodeSpec('n2')], lab.ports.clock.now());
    const [id = 0] = await addRun(lab, 'r', 1);
    await startJob(lab, 'r', id, 'n2');
    const text = await (await lab.get('/v1/nodes')).text();
    expect(text).not.toContain('/secret/key');
    const { nodes } = JSON.parse(text) as { nodes: unknown[] };
    expect(nodes).toMatchObject([
      { name: 'n1', state: 'free', job: null },
      { name: 'n2', state: 'locked', job: { run: 'r', job_id: id } },
    ]);
    const free = (await (await lab.get('/v1/nodes?state=free')).json()) as { nodes: { name: string }[] };
    expect(free.nodes.map((node) => node.name)).toEqual(['n1']);
  });

  test('one node is shown with what happened to it', async () => {
    await lab.ports.nodes.register([nodeSpec('n1')], lab.ports.clock.now());
    await lab.ports.nodes.mark({
      name: 'n1',
      state: 'quarantined',
      reason: 'smells',
      by: 'ann@lab',
      now: lab.ports.clock.now(),
    });
    const node = (await (await lab.get('/v1/nodes/n1')).json()) as {
      state: string;
      history: { detail: string }[];
    };
    expect(node).toMatchObject({ state: 'quarantined', reason: 'smells' });
    expect(node.history[0]).toMatchObject({ event: 'quarantined', by: 'ann@lab' });
  });
});

describe('the description', () => {
  test('lists every route with its problems', async () => {
    const document = (await (await lab.get('/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, object>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/v1/audit',
      '/v1/holds',
      '/v1/jobs',
      '/v1/kill',
      '/v1/locks/{lock}',
      '/v1/locks/{lock}/lease',
      '/v1/locks/{lock}/release',
      '/v1/nodes',
      '/v1/nodes/{name}',
      '/v1/nodes/{name}/description',
      '/v1/nodes/{name}/host-key',
      '/v1/nodes/{name}/reimage',
      '/v1/nodes/{name}/remove',
      '/v1/nodes/{name}/status',
      '/v1/nodes/{name}/unlock',
      '/v1/pauses',
      '/v1/queue',
      '/v1/queue/delete',
      '/v1/queue/priority',
      '/v1/queues',
      '/v1/queues/{type}/pause',
      '/v1/queues/{type}/resume',
      '/v1/runs',
      '/v1/runs/{run}',
      '/v1/runs/{run}/events',
      '/v1/runs/{run}/jobs',
      '/v1/runs/{run}/jobs/{job}',
      '/v1/runs/{run}/jobs/{job}/files',
      '/v1/runs/{run}/jobs/{job}/hold',
      '/v1/runs/{run}/jobs/{job}/hold/release',
      '/v1/runs/{run}/jobs/{job}/kill',
      '/v1/runs/{run}/jobs/{job}/log',
      '/v1/runs/{run}/jobs/{job}/priority',
      '/v1/runs/{run}/junit.xml',
      '/v1/runs/{run}/kill',
      '/v1/runs/{run}/results',
      '/v1/runs/{run}/results/mail',
      '/v1/suites',
      '/v1/tokens',
      '/v1/tokens/{id}',
      '/v1/tokens/{id}/revoke',
      '/v1/whoami',
      '/v1/workers/attempts/{run}/{job}/{fence}/append',
      '/v1/workers/attempts/{run}/{job}/{fence}/finish',
      '/v1/workers/attempts/{run}/{job}/{fence}/hand-back',
      '/v1/workers/attempts/{run}/{job}/{fence}/job',
      '/v1/workers/attempts/{run}/{job}/{fence}/put',
      '/v1/workers/attempts/{run}/{job}/{fence}/renew',
      '/v1/workers/attempts/{run}/{job}/{fence}/report',
      '/v1/workers/attempts/{run}/{job}/{fence}/start',
      '/v1/workers/poll',
    ]);
    expect(document.paths['/v1/suites']).toMatchObject({
      post: { responses: { 422: {}, 409: {} }, security: [{ token: [] }] },
    });
  });

  test('health is asked of the store', async () => {
    expect(await (await lab.get('/healthz')).json()).toEqual({ status: 'ok' });
  });
});

test('a store that is asked too much is a 503 that says when to come back, to reads and to writes', async () => {
  const busy = () => Promise.reject(new StoreBusyError('the tables are asked too much just now'));
  const whole = apiLab();
  const api = apiLab({
    jobs: { ...whole.ports.jobs, getRun: busy },
    nodes: { ...whole.ports.nodes, get: busy },
  });
  for (const response of [await api.get('/v1/runs/r'), await api.send('POST', '/v1/kill', { run: 'r' })]) {
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await json(response)).toMatchObject({
      title: 'Not now',
      detail: 'the tables are asked too much just now; try again later',
    });
  }
  expect(api.logged).toEqual([]);
  api.close();
  whole.close();
});

describe('an unexpected failure', () => {
  test('is a 500 without its details, which are in the log', async () => {
    const broken = apiLab();
    const api = apiLab({
      jobs: { ...broken.ports.jobs, getRun: () => Promise.reject(new Error('disk on fire')) },
    });
    const response = await api.get('/v1/runs/r');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('disk on fire');
    expect(api.logged.join('\n')).toContain('disk on fire');
    api.close();
    broken.close();
  });
});
