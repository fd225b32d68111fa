import { expect, test } from 'vitest';
import { fakePaddles } from '../../test/fixtures/fake-paddles.ts';
import { paddles } from './paddles.ts';

const job = { job_id: '7', name: 'ann-2026-01-02_03:04:05-r', status: 'fail' };

test('a job is made, with its run, and brought up to date the next time', async () => {
  const server = await fakePaddles();
  try {
    const client = paddles(server.url, [1]);
    expect(await client.hasRun(job.name)).toBe(false);
    expect(await client.putJob(job)).toBe('created');
    expect(await client.hasRun(job.name)).toBe(true);
    expect(await client.putJob({ ...job, status: 'dead' })).toBe('updated');
    expect(server.runs.get(job.name)?.get('7')).toEqual({ ...job, status: 'dead' });
  } finally {
    await server.close();
  }
});

test('a busy server is asked again, but not for ever', async () => {
  const server = await fakePaddles({ busy: 3 });
  try {
    expect(await paddles(server.url, [1, 1, 1]).putJob(job)).toBe('created');
    expect(server.asked).toHaveLength(4);
  } finally {
    await server.close();
  }
  await expect(paddles(server.url, [1]).putJob(job)).rejects.toThrow(/failed 2 times: .*ECONNREFUSED/);
});

test('a refusal is told with the words of the server', async () => {
  const server = await fakePaddles({ refuse: 'job_id is too long' });
  try {
    await expect(paddles(server.url, [1]).putJob(job)).rejects.toThrow('status 400: job_id is too long');
    expect(server.asked).toHaveLength(1);
  } finally {
    await server.close();
  }
});
