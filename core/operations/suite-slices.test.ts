import { expect, test } from 'vitest';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { queueTwice, sliceContext as context, suiteOf } from '../../test/fixtures/suite-slices.ts';
import { submitSlice } from './submit-suite.ts';

test(
  '100,000 jobs are queued in slices, each once and in order although each message comes twice',
  {
    timeout: 240_000,
  },
  async () => {
    const lab = fakeLab();
    const began = await queueTwice({ ...lab, yaml: pyYaml }, suiteOf(5000, { copies: 20 }), 30_000);
    expect(began).toEqual([0, 1500, 3000, 4500]);
    const run = await lab.jobs.getRun('big');
    expect(run).toMatchObject({ closed: true, counts: { queued: 100_000 } });
    const page = await lab.jobs.listJobs({ run: 'big', limit: 1, offset: 99_999 });
    expect(page[0]).toMatchObject({ description: 'smoke/4999', key: '4999.19' });
    expect(await lab.jobs.listJobs({ run: 'big', limit: 1, offset: 100_000 })).toEqual([]);
  },
);

test('a run takes jobs until its last slice, and a late copy of an earlier one adds nothing behind it', async () => {
  const lab = fakeLab();
  const ports = { ...lab, yaml: pyYaml };
  const suite = suiteOf(1200);
  const one = { from: 0, mayGoOn: () => false };
  const first = await submitSlice(ports, suite, context, one);
  expect(first).toMatchObject({ next: 500, seed: 7 });
  expect(await lab.jobs.getRun('big')).toMatchObject({ closed: false, counts: { queued: 500 } });
  const resumed = { ...context, resumed: true };
  const rest = await submitSlice(ports, suite, resumed, { from: 500, mayGoOn: () => true });
  expect(rest).toMatchObject({ next: null });
  expect(await submitSlice(ports, suite, resumed, one)).toEqual(first);
  expect(await lab.jobs.getRun('big')).toMatchObject({ closed: true, counts: { queued: 1200 } });
});

test('the rest of a suite that is over by then is not queued', async () => {
  const lab = fakeLab();
  const ports = { ...lab, yaml: pyYaml };
  await submitSlice(ports, suiteOf(1200), context, { from: 0, mayGoOn: () => false });
  await lab.jobs.kill({ run: 'big', actor: 'ann', reason: 'no', now: 2 });
  await lab.jobs.closeRun('big', 2);
  const rest = submitSlice(
    ports,
    suiteOf(1200),
    { ...context, resumed: true },
    { from: 500, mayGoOn: () => true },
  );
  await expect(rest).rejects.toThrow("run 'big' takes no more jobs");
  expect(await lab.jobs.getRun('big')).toMatchObject({ counts: { queued: 0, dead: 500 } });
});
