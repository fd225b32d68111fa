import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRun, apiLab, nodeSpec } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';
import type { SubmitResult } from './ports.ts';

const result: SubmitResult = { run: 'new', jobIds: [1], jobs: 1, dropped: 0, seed: 1, descriptions: [] };
const sha256 = createHash('sha256').update('secret').digest('hex');
const clean = { capabilities: { clean: true } } as never;

let lab: ApiLab;
beforeEach(async () => {
  lab = apiLab({
    submit: { suite: async () => result, job: async () => result },
    providers: new Map([['sandbox', clean]]),
    notifier: { send: async () => undefined },
  });
  await lab.ports.nodes.register(['n1', 'n2'].map(nodeSpec), lab.ports.clock.now());
});
afterEach(() => lab.close());

/** Bob holds n1. */
async function bobLocks(): Promise<void> {
  const body = { nodes: ['n1'] };
  const locked = await lab.send('PUT', '/v1/locks/lock-bob', body, { authorization: 'Bearer user-token' });
  expect(locked.status).toBe(200);
}

/** For each route that changes something: a request that changes it, after what has to be there first. */
const examples: Record<string, { path?: string; body: unknown; first?: () => Promise<unknown> }> = {
  'post /v1/suites': { body: { suite: 'smoke', suite_dir: '/suites' } },
  'post /v1/jobs': { body: { yaml: 'tasks: []' } },
  'post /v1/runs/{run}/kill': { path: '/v1/runs/r/kill', body: {}, first: () => addRun(lab, 'r', 1) },
  'post /v1/runs/{run}/results/mail': {
    path: '/v1/runs/r/results/mail',
    body: { to: 'ann@example.com' },
    first: () => addRun(lab, 'r', 1),
  },
  'post /v1/runs/{run}/jobs/{job}/kill': {
    path: '/v1/runs/r/jobs/1/kill',
    body: {},
    first: () => addRun(lab, 'r', 1),
  },
  'post /v1/kill': { body: { run: 'r' }, first: () => addRun(lab, 'r', 1) },
  'put /v1/runs/{run}/jobs/{job}/priority': {
    path: '/v1/runs/r/jobs/1/priority',
    body: { priority: 5 },
    first: () => addRun(lab, 'r', 1),
  },
  'post /v1/queue/delete': { body: { run: 'r' }, first: () => addRun(lab, 'r', 1) },
  'post /v1/queue/priority': { body: { run: 'r', priority: 5 }, first: () => addRun(lab, 'r', 1) },
  'put /v1/queues/{type}/pause': {
    path: '/v1/queues/sandbox/pause',
    body: { seconds: 60, reason: 'new images' },
  },
  'post /v1/queues/{type}/resume': {
    path: '/v1/queues/sandbox/resume',
    body: {},
    first: () => lab.send('PUT', '/v1/queues/sandbox/pause', { seconds: 60, reason: 'new images' }),
  },
  'put /v1/locks/{lock}': { path: '/v1/locks/lock-1234', body: { nodes: ['n1'] } },
  'put /v1/locks/{lock}/lease': {
    path: '/v1/locks/lock-bob/lease',
    body: { seconds: 60 },
    first: bobLocks,
  },
  'post /v1/locks/{lock}/release': { path: '/v1/locks/lock-bob/release', body: {}, first: bobLocks },
  'post /v1/nodes/{name}/unlock': {
    path: '/v1/nodes/n1/unlock',
    body: { owner: 'bob@lab' },
    first: bobLocks,
  },
  'post /v1/nodes/{name}/status': { path: '/v1/nodes/n1/status', body: { status: 'down' } },
  'post /v1/nodes/{name}/reimage': { path: '/v1/nodes/n1/reimage', body: {} },
  'put /v1/nodes/{name}/description': { path: '/v1/nodes/n1/description', body: { description: 'mine' } },
  'put /v1/nodes/{name}/host-key': { path: '/v1/nodes/n1/host-key', body: { host_key: 'ssh-rsa BBBB' } },
  'put /v1/nodes/{name}': { path: '/v1/nodes/n3', body: { machine_type: 't', address: 'a', arch: 'x86_64' } },
  'post /v1/nodes/{name}/remove': { path: '/v1/nodes/n1/remove', body: {} },
  'put /v1/runs/{run}/jobs/{job}/hold': {
    path: '/v1/runs/r/jobs/1/hold',
    body: { seconds: 60 },
    first: () => addRun(lab, 'r', 1),
  },
  'post /v1/runs/{run}/jobs/{job}/hold/release': {
    path: '/v1/runs/r/jobs/1/hold/release',
    body: {},
    first: async () => {
      await addRun(lab, 'r', 1);
      await lab.send('PUT', '/v1/runs/r/jobs/1/hold', { seconds: 60 });
    },
  },
  'put /v1/tokens/{id}': { path: '/v1/tokens/0123abcd', body: { name: 'cat', sha256 } },
  'post /v1/tokens/{id}/revoke': {
    path: '/v1/tokens/0123abcd/revoke',
    body: {},
    first: () => lab.send('PUT', '/v1/tokens/0123abcd', { name: 'cat', sha256 }),
  },
};

interface Described {
  readonly paths: Record<string, Record<string, { security?: unknown[] }>>;
}
async function readDescription(): Promise<Described> {
  const any = apiLab();
  const description = (await (await any.get('/openapi.json')).json()) as Described;
  any.close();
  return description;
}
const described = await readDescription();
// What runners do in the course of a job is in the record of the job, wherever they run.
const ofPeople = Object.entries(described.paths).filter(([path]) => !path.startsWith('/v1/workers/'));
const writing = ofPeople.flatMap(([path, methods]) =>
  Object.keys(methods)
    .filter((method) => method !== 'get')
    .map((method) => `${method} ${path}`),
);

describe('the audit record', () => {
  test.each(writing)('has what %s changed, and who did', async (route) => {
    const example = examples[route];
    if (example === undefined) throw new Error(`this test needs an example of ${route}`);
    await example.first?.();
    const before = (await lab.ports.audit.list(1000)).length;
    const [method = '', path = ''] = route.split(' ');
    const response = await lab.send(method.toUpperCase(), example.path ?? path, example.body);
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    const records = await lab.ports.audit.list(1000);
    expect(records.length).toBe(before + 1);
    expect(records[0]).toMatchObject({ actor: 'ann@lab', at: lab.ports.clock.now() });
  });

  test.each(writing)('has nothing of a stranger’s %s, and pools may not', async (route) => {
    const example = examples[route];
    await example?.first?.();
    const before = (await lab.ports.audit.list(1000)).length;
    const [method = '', path = ''] = route.split(' ');
    const send = async (authorization: string) =>
      await lab.send(method.toUpperCase(), example?.path ?? path, example?.body, { authorization });
    expect((await send('Bearer wrong')).status).toBe(401);
    expect((await send('Bearer pool-token')).status).toBe(403);
    expect((await lab.ports.audit.list(1000)).length).toBe(before);
    expect(described.paths[path]?.[method]?.security).toEqual([{ token: [] }]);
  });

  test.each(writing.filter((route) => route.startsWith('post')))(
    'has one change when %s arrives twice at once under one key',
    async (route) => {
      const example = examples[route];
      await example?.first?.();
      const before = (await lab.ports.audit.list(1000)).length;
      const path = example?.path ?? route.slice('post '.length);
      const headers = { 'idempotency-key': 'twice' };
      const send = async () => await lab.send('POST', path, example?.body, headers);
      const answers = await Promise.all([send(), send(), send()]);
      const done = answers.filter((answer) => answer.ok && !answer.headers.has('idempotency-replayed'));
      expect(done).toHaveLength(1);
      for (const other of answers.filter((answer) => answer !== done[0] && !answer.ok))
        expect([other.status, other.headers.get('retry-after')]).toEqual([409, '1']);
      expect((await lab.ports.audit.list(1000)).length).toBe(before + 1);
      const later = await send();
      expect(later.headers.get('idempotency-replayed')).toBe('true');
      expect(await later.text()).toBe(await done[0]?.text());
    },
  );

  test('is shown page by page to operators, and to nobody else', async () => {
    for (const subject of ['a', 'b', 'a', 'c', 'a'])
      await lab.ports.audit.record({ at: 1, actor: 'ann@lab', action: 'kill', subject, detail: '' });
    const authorization = 'Bearer operator-token';
    const page = async (query: string) =>
      (await (await lab.get(`/v1/audit?${query}`, { authorization })).json()) as {
        records: { subject: string }[];
        next: string | null;
      };
    const first = await page('limit=3');
    expect(first.records.map(({ subject }) => subject)).toEqual(['a', 'c', 'a']);
    await lab.ports.audit.record({ at: 2, actor: 'eve', action: 'kill', subject: 'new', detail: '' });
    const second = await page(`limit=3&cursor=${first.next}`);
    expect(second).toMatchObject({ records: [{ subject: 'b' }, { subject: 'a' }], next: null });
    expect((await page('subject=a')).records).toHaveLength(3);
    expect((await page('actor=eve')).records).toHaveLength(1);
    expect((await page('limit=3&subject=a')).next).toBeNull();
    expect((await lab.get('/v1/audit')).status).toBe(401);
    expect((await lab.get('/v1/audit', { authorization: 'Bearer user-token' })).status).toBe(403);
    expect((await lab.get('/v1/audit?cursor=x', { authorization })).status).toBe(422);
  });
});

describe('tokens', () => {
  test('are given by operators, shown without their hash, and revoked by them or their owners', async () => {
    const user = { authorization: 'Bearer user-token' };
    const body = { name: 'bob@lab', sha256, expires_seconds: 60 };
    expect((await lab.send('PUT', '/v1/tokens/0123abcd', body, user)).status).toBe(403);
    const issued = await (await lab.send('PUT', '/v1/tokens/0123abcd', body)).text();
    expect(issued).toContain('"expires_at":"2026-03-04T05:07:07.000Z"');
    expect(issued).not.toContain(sha256);
    expect((await lab.send('PUT', '/v1/tokens/0123abcd', body)).status).toBe(200);
    const other = { ...body, sha256: '0'.repeat(64) };
    expect((await lab.send('PUT', '/v1/tokens/0123abcd', other)).status).toBe(409);
    expect((await lab.get('/v1/tokens', user)).status).toBe(403);
    const revoked = await lab.send('POST', '/v1/tokens/0123abcd/revoke', {}, user);
    expect(await revoked.json()).toMatchObject({ revoked_by: 'bob@lab' });
    expect((await lab.send('POST', '/v1/tokens/99999999/revoke', {})).status).toBe(404);
    const list = await lab.get('/v1/tokens', { authorization: 'Bearer operator-token' });
    expect(await list.json()).toMatchObject({ tokens: [{ id: '0123abcd', revoked_by: 'bob@lab' }] });
  });
});
