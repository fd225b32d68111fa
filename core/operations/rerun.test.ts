import { describe, expect, test } from 'vitest';
import { listed, makeLab, order, queued } from '../../test/fixtures/suite-orders.ts';

describe('a rerun', () => {
  /** A lab with a run `first` of four jobs, of which the first two are dead. */
  async function labWithRun() {
    const lab = makeLab();
    const { jobIds } = await queued(lab, { name: 'first', noNestedSubset: true, subset: '0/1' });
    for (const jobId of jobIds.slice(0, 2))
      await lab.jobs.kill({ run: 'first', jobId, actor: 'me', reason: 'gone', now: 1 });
    return lab;
  }
  const rerun = { run: 'first', statuses: ['fail', 'dead'] };
  const again = { suite: null, seed: null, rerun };

  test('takes suite, seed, subset and exactly the jobs from the record', async () => {
    const lab = await labWithRun();
    const { submission, jobs } = await listed(lab, again);
    expect(jobs.map((job) => job.description)).toEqual(['smoke/{a/x os/centos}', 'smoke/{a/xy os/ubuntu}']);
    expect(submission).toMatchObject({ suite: 'smoke', seed: 3, subset: '0/1', noNestedSubset: true });
  });

  test('is narrowed by filters', async () => {
    const { jobs, said } = await listed(await labWithRun(), {
      ...again,
      filters: { ...order.filters, in: ['ubuntu'] },
    });
    expect(jobs.map((job) => job.description)).toEqual(['smoke/{a/xy os/ubuntu}']);
    expect(said.join()).toContain('1 of the 2 jobs to repeat are left out');
  });

  test.each([
    [{ seed: 4 }, "seed 4 differs from that of run 'first', 3"],
    [{ subset: '1/2' }, "subset 1/2 differs from that of run 'first', 0/1"],
    [{ suite: 'other' }, "suite other differs from that of run 'first', smoke"],
    [{ noNestedSubset: false }, 'no_nested_subset false differs'],
    [
      { rerun: { run: 'first', statuses: ['pass'] } },
      "run 'first' has no job that is pass: nothing to repeat",
    ],
    [{ rerun: { run: 'first', statuses: ['running'] } }, "can be repeated, not 'running'"],
    [{ rerun: { run: 'first', statuses: [] } }, 'at least one status'],
    [{ rerun: { run: 'nosuch', statuses: ['fail'] } }, "no run named 'nosuch'"],
    [{ filters: { ...order.filters, in: ['zzz'] } }, 'none of the 2 jobs to repeat any more'],
  ])('with %j is refused and queues nothing', async (changes, sentence) => {
    const lab = await labWithRun();
    await expect(queued(lab, { ...again, ...changes })).rejects.toThrow(sentence);
    expect(await lab.jobs.listRuns({ limit: 9 })).toHaveLength(1);
  });

  test('compares whole descriptions; with compat parts of them, as the original does', async () => {
    const lab = makeLab();
    const { jobIds } = await queued(lab, { name: 'first', suite: 'list' });
    await lab.jobs.kill({ run: 'first', jobId: jobIds[0] ?? 0, actor: 'me', reason: 'gone', now: 1 });
    const repeated = async (compat: boolean) =>
      (await listed(lab, { ...again, compat })).jobs.map((job) => job.description);
    expect(await repeated(false)).toEqual(['list/a']);
    expect(await repeated(true)).toEqual(['list/a', 'list/ab']);
  });

  test('may repeat the same explicit values, in any writing', async () => {
    const same = { suite: 'smoke', seed: 3, subset: '5/1', noNestedSubset: true };
    expect((await listed(await labWithRun(), { ...again, ...same })).jobs).toHaveLength(2);
  });

  test('of a single job is refused: it came from no suite', async () => {
    const lab = makeLab();
    await lab.jobs.createRun({ ...single, name: 'first', now: 1 });
    await expect(queued(lab, again)).rejects.toThrow('did not come from a suite');
  });

  const single = {
    suite: '',
    owner: 'a',
    machineType: 'box',
    seed: null,
    subset: null,
    noNestedSubset: false,
    sha1: null,
  };
});
