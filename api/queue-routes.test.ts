import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRun, apiLab } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';

let lab: ApiLab;
beforeEach(() => {
  lab = apiLab();
});
afterEach(() => lab.close());

const bob = { authorization: 'Bearer user-token' };
const json = async (response: Response) => (await response.json()) as never;

async function queued(query = ''): Promise<{ places: string[]; next: string | null }> {
  const response = await lab.get(`/v1/queue${query}`);
  expect(response.status).toBe(200);
  const { jobs, next } = (await response.json()) as {
    jobs: { run: string; job_id: number; priority: number }[];
    next: string | null;
  };
  return { places: jobs.map((job) => `${job.run}/${job.job_id} ${job.priority}`), next };
}

describe('the queue', () => {
  test('is listed in the order in which it is served, page by page, and stays as it is', async () => {
    await addRun(lab, 'r', 3);
    await lab.ports.jobs.setPriority({ run: 'r', jobId: 3, priority: 5, now: 1 });
    const first = await queued('?limit=2');
    expect(first.places).toEqual(['r/3 5', 'r/1 1000']);
    const rest = await queued(`?limit=2&cursor=${first.next}`);
    expect(rest).toEqual({ places: ['r/2 1000'], next: null });
    expect((await queued('?machine_type=sandbox')).places).toHaveLength(3);
    expect((await queued('?machine_type=mira')).places).toEqual([]);
  });

  test('its jobs are deleted by a part of the name of their run; others stay', async () => {
    await addRun(lab, 'nightly-rados', 2);
    await addRun(lab, 'smoke', 1);
    const wish = { run_contains: 'rados', reason: 'a wrong branch' };
    const answer = await lab.send('POST', '/v1/queue/delete', wish);
    expect(await json(answer)).toEqual({
      jobs: [
        { run: 'nightly-rados', job_id: 1 },
        { run: 'nightly-rados', job_id: 2 },
      ],
    });
    expect((await queued()).places).toEqual(['smoke/3 1000']);
    expect(await lab.ports.jobs.getJob('nightly-rados', 1)).toMatchObject({
      status: 'dead',
      failureReason: 'a wrong branch',
      actor: 'ann@lab',
    });
  });

  test('nothing of it is deleted when a job is somebody else’s', async () => {
    await addRun(lab, 'mine', 1, 'bob@lab');
    await addRun(lab, 'mine-too', 1, 'ann@lab');
    const answer = await lab.send('POST', '/v1/queue/delete', { run_contains: 'mine' }, bob);
    expect(answer.status).toBe(403);
    expect(await json(answer)).toMatchObject({
      detail: 'bob@lab may not delete job mine-too/2, which belongs to ann@lab',
    });
    expect((await queued()).places).toHaveLength(2);
    expect((await lab.send('POST', '/v1/queue/delete', { run: 'mine' }, bob)).status).toBe(200);
    expect((await queued()).places).toEqual(['mine-too/2 1000']);
  });

  test('the jobs of an owner get another place', async () => {
    await addRun(lab, 'first', 1, 'ann@lab');
    await addRun(lab, 'second', 1, 'bob@lab');
    const answer = await lab.send('POST', '/v1/queue/priority', { owner: 'bob@lab', priority: 1 }, bob);
    expect(await json(answer)).toEqual({ jobs: [{ run: 'second', job_id: 2 }] });
    expect((await queued()).places).toEqual(['second/2 1', 'first/1 1000']);
    const others = await lab.send('POST', '/v1/queue/priority', { run: 'first', priority: 0 }, bob);
    expect(others.status).toBe(403);
  });

  test.each([
    ['/v1/queue/delete', {}, 'give a run, a part of its name, or an owner'],
    ['/v1/queue/priority', { priority: 1 }, 'give a run or an owner'],
    ['/v1/queue/priority', { run: 'r', priority: -1 }, "'-1'"],
  ])('%s refuses %j', async (path, body, part) => {
    const answer = await lab.send('POST', path, body);
    expect(answer.status).toBe(422);
    expect(JSON.stringify(await json(answer))).toContain(part.replaceAll("'", ''));
  });
});

describe('a pause', () => {
  test('has who, why and until when, and ends by itself or by an operator', async () => {
    const put = await lab.send('PUT', '/v1/queues/sandbox/pause', { seconds: 60, reason: 'new images' });
    const pause = {
      machine_type: 'sandbox',
      by: 'ann@lab',
      reason: 'new images',
      since: '2026-03-04T05:06:07.000Z',
      until: '2026-03-04T05:07:07.000Z',
    };
    expect(await json(put)).toEqual(pause);
    expect(await json(await lab.get('/v1/pauses'))).toEqual({ pauses: [pause] });
    lab.pass(60_000);
    expect(await json(await lab.get('/v1/pauses'))).toEqual({ pauses: [] });
    const late = await lab.send('POST', '/v1/queues/sandbox/resume', {});
    expect(late.status).toBe(409);
    expect(await json(late)).toMatchObject({ detail: "the queue of 'sandbox' is not paused" });
    await lab.send('PUT', '/v1/queues/*/pause', { seconds: 60, reason: 'new images' });
    expect((await lab.send('POST', '/v1/queues/*/resume', {})).status).toBe(200);
    expect(await json(await lab.get('/v1/pauses'))).toEqual({ pauses: [] });
  });

  test('takes an operator', async () => {
    const asked = { seconds: 60, reason: 'because' };
    const answer = await lab.send('PUT', '/v1/queues/sandbox/pause', asked, bob);
    expect(answer.status).toBe(403);
    expect(await json(await lab.get('/v1/pauses'))).toEqual({ pauses: [] });
  });
});
