import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addRun, apiLab, apiUrl, nodeSpec, startJob } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';
import type { AttemptRef } from '../core/ports/job-store.ts';

let lab: ApiLab;
let attempt: AttemptRef;
beforeEach(async () => {
  lab = apiLab();
  await lab.ports.nodes.register([nodeSpec('sandbox01')], lab.ports.clock.now());
  const [jobId = 0] = await addRun(lab, 'r', 1);
  attempt = await startJob(lab, 'r', jobId, 'sandbox01');
});
afterEach(() => lab.close());

const at = (act: string, fence = attempt.fence) => `/v1/workers/attempts/r/${attempt.jobId}/${fence}/${act}`;
const put = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
  const answer = await lab.send('PUT', path, body, headers);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const read = async (path: string) => {
  const found = await lab.ports.archive.read(path);
  if (found === null) return null;
  const parts: Uint8Array[] = [];
  for await (const part of found.content) parts.push(part);
  return Buffer.concat(parts).toString();
};
const outcome = {
  status: 'pass',
  failure_reason: null,
  actor: 'runner',
  duration_seconds: 1,
  nodes_clean: true,
  hold_seconds: null,
};

test('a worker renews, writes into the folder of its job, says what it found out, and finishes', async () => {
  expect(await put(at('renew'), {})).toMatchObject({ body: { kind: 'ok' } });
  expect((await put(at('append?path=teuthology.log'), 'one\n')).status).toBe(200);
  await put(at('append?path=teuthology.log'), 'two\n');
  await put(at('put?path=remote/a/b.txt'), 'whole');
  expect(await read(`r/${attempt.jobId}/teuthology.log`)).toBe('one\ntwo\n');
  expect(await read(`r/${attempt.jobId}/remote/a/b.txt`)).toBe('whole');
  const findings = [{ node: 'sandbox01', kind: 'failure', reason: 'no answer' }];
  expect(await put(at('report'), { findings })).toMatchObject({ body: { result: 'ok' } });
  expect(await lab.ports.evidence.about('sandbox01')).toHaveLength(1);
  expect(await put(at('finish'), outcome)).toMatchObject({ body: { result: 'ok' } });
  expect(await lab.ports.jobs.getJob('r', attempt.jobId)).toMatchObject({ status: 'pass' });
});

test('a worker that must leave before the job began hands it back', async () => {
  const back = { actor: 'runner', nodes_clean: false };
  expect(await put(at('hand-back'), back)).toMatchObject({ body: { result: 'ok' } });
  expect(await lab.ports.jobs.getJob('r', attempt.jobId)).toMatchObject({ status: 'queued', attempt: 0 });
  expect(await lab.ports.nodes.get('sandbox01')).toMatchObject({ state: 'dirty' });
});

test('a runner that was asked to end has time to unwind, and then no lease any more', async () => {
  const { clock, jobs } = lab.ports;
  await jobs.kill({ run: 'r', actor: 'ann', reason: 'wrong branch', now: clock.now() });
  expect(await put(at('renew'), {})).toMatchObject({ body: { kind: 'killed', request: { actor: 'ann' } } });
  vi.spyOn(clock, 'now').mockReturnValue(clock.now() + 151_000);
  expect(await put(at('renew'), {})).toMatchObject({ body: { kind: 'stale' } });
});

test('an old fence, and an attempt that is over, are refused everywhere', async () => {
  const acts: [string, unknown][] = [
    ['job', {}],
    ['start', { runner: 'me' }],
    ['renew', {}],
    ['report', { findings: [] }],
    ['finish', outcome],
    ['hand-back', { actor: 'me', nodes_clean: true }],
    ['append?path=a', 'x'],
    ['put?path=a', 'x'],
  ];
  for (const [act, body] of acts)
    expect(await put(at(act, attempt.fence - 1), body)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('is over') },
    });
  await put(at('finish'), outcome);
  expect((await put(at('append?path=a'), 'x')).status).toBe(409);
  expect(await put(at('renew'), {})).toMatchObject({ body: { kind: 'stale' } });
  expect(await read(`r/${attempt.jobId}/a`)).toBeNull();
});

test.each(['../../other/1/a', '/etc/passwd', '', 'a/../../b'])(
  'the path %j leads out and is refused',
  async (path) => {
    const answer = await put(at(`put?path=${encodeURIComponent(path)}`), 'x');
    expect([400, 422]).toContain(answer.status);
  },
);

test('somebody without a credential of the pool may not', async () => {
  const user = { authorization: 'Bearer user-token' };
  expect(await put(at('renew'), {}, user)).toMatchObject({ status: 403 });
  expect(await put('/v1/workers/poll', { machine_type: 'sandbox', worker: 'w' }, user)).toMatchObject({
    status: 403,
  });
  expect(await put('/v1/workers/poll', { machine_type: 'sandbox', worker: 'w' })).toEqual({
    status: 200,
    body: { assignment: null },
  });
});

test('the credential of a pool opens the jobs of its type, and no other', async () => {
  const pool = { authorization: 'Bearer pool-token' };
  expect(await put(at('renew'), {}, pool)).toMatchObject({ status: 200 });
  expect(await put('/v1/workers/poll', { machine_type: 'rack', worker: 'w' }, pool)).toMatchObject({
    status: 403,
  });
});

test('a body that is malformed is refused with the place', async () => {
  expect(await put(at('start'), {})).toMatchObject({
    status: 422,
    body: { detail: expect.stringContaining('runner') },
  });
});

test('workers are not counted among those who ask too often', async () => {
  lab.close();
  lab = apiLab({ limits: { readsPerMinute: 1, writesPerMinute: 1 } });
  const ask = async (token: string) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ machine_type: 'sandbox', worker: 'w' });
    const init = { method: 'PUT', body, headers };
    return (await lab.app.request(`${apiUrl}/v1/workers/poll`, init, { address: '192.0.2.7' })).status;
  };
  for (let index = 0; index < 4; index += 1) expect(await ask('pool-token')).toBe(200);
  expect([await ask('nonsense'), await ask('nonsense')]).toEqual([401, 429]);
});
