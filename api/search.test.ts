import { afterEach, beforeEach, expect, test } from 'vitest';
import { addRun, apiLab } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';
import { searchPage } from './search.ts';

let lab: ApiLab;
beforeEach(() => {
  lab = apiLab();
});
afterEach(() => lab.close());

async function names(query: string): Promise<[string[], string | null]> {
  const answer = await lab.get(`/v1/runs?${query}`);
  const { runs, next } = (await answer.json()) as { runs: { name: string }[]; next: string | null };
  return [runs.map((run) => run.name), next];
}

test('runs are found by a part of their name, their owner, suite, machine type and status', async () => {
  await addRun(lab, 'ann-rados', 1);
  lab.pass(1000);
  await addRun(lab, 'bob-RADOS', 1, 'bob@lab');
  lab.pass(1000);
  await addRun(lab, 'bob-rbd', 0, 'bob@lab');
  expect(await names('q=rados')).toEqual([['bob-RADOS', 'ann-rados'], null]);
  expect(await names('owner=bob@lab&q=rados')).toEqual([['bob-RADOS'], null]);
  expect(await names('suite=smoke&machine_type=sandbox&status=empty')).toEqual([['bob-rbd'], null]);
  expect(await names('status=pass')).toEqual([[], null]);
  expect(await names('machine_type=sand')).toEqual([[], null]);
});

test('what was found is read on by its cursor, past what does not fit', async () => {
  for (const name of ['x1', 'y1', 'x2', 'y2', 'x3']) {
    await addRun(lab, name, 1);
    lab.pass(1000);
  }
  const [first, next] = await names('q=x&limit=2');
  expect(first).toEqual(['x3', 'x2']);
  expect(await names(`q=x&limit=2&cursor=${next}`)).toEqual([['x1'], null]);
});

test('jobs are found by their description or their failure reason', async () => {
  const ids = await addRun(lab, 'r', 3);
  await lab.ports.jobs.kill({ run: 'r', jobId: ids[1] ?? 0, actor: 'a', reason: 'Power cut', now: 1 });
  const found = async (query: string) => {
    const { jobs } = (await (await lab.get(`/v1/runs/r/jobs?${query}`)).json()) as {
      jobs: { job_id: number }[];
    };
    return jobs.map((job) => job.job_id);
  };
  expect(await found('q=JOB-2')).toEqual([ids[2]]);
  expect(await found('q=power')).toEqual([ids[1]]);
  expect(await found('q=job&status=queued')).toEqual([ids[0], ids[2]]);
});

test('a search looks at a bounded number, and says where it stopped', async () => {
  let looked = 0;
  const page = await searchPage<number, number>({
    limit: 10,
    from: undefined,
    read: async (after = 0, limit) => {
      looked += limit;
      return Array.from({ length: limit }, (_, index) => after + index + 1);
    },
    placeOf: (item) => item,
    fits: () => false,
  });
  expect(page).toEqual({ items: [], place: 5000 });
  expect(looked).toBe(5000);
});
