import { expect, test } from 'vitest';
import { fakeLab } from '../test/fixtures/fake-lab.ts';
import { newJob, newRun } from '../test/fixtures/lab-records.ts';
import { createWaits } from './waits.ts';

test('says why a job waits, from one look in 15 seconds, and goes on with that when the store fails', async () => {
  const lab = fakeLab();
  await lab.jobs.createRun(newRun('r'));
  const [jobId = 0] = await lab.jobs.enqueue({ run: 'r', jobs: [newJob('a')], now: 2 });
  const job = await lab.jobs.getJob('r', jobId);
  if (job === null) throw new Error('the job is gone');
  let looks = 0;
  const list: typeof lab.nodes.list = async (filter) => {
    looks += 1;
    if (looks > 1) throw new Error('throttled');
    return await lab.nodes.list(filter);
  };
  const waits = createWaits({ ...lab, nodes: { ...lab.nodes, list } }, { maxRunners: 5 });
  expect(waits.of(job)).toBeNull();
  await Promise.all([waits.refresh(), waits.refresh()]);
  await waits.refresh();
  expect(looks).toBe(1);
  expect(waits.of(job)?.reason).toContain('box');
  lab.clock.time += 20_000;
  await waits.refresh();
  expect(looks).toBe(2);
  expect(waits.of(job)?.reason).toContain('box');
  expect(lab.log.lines.join()).toContain('nobody can say why jobs wait: Error: throttled');
});
