import { expect, test } from 'vitest';
import { allJobs } from '../../cli/client/every-page.ts';
import { apiPath } from '../../cli/client/lab-client.ts';
import type { JobView, RunView } from '../../cli/client/lab-client.ts';
import { until } from '../fixtures/lab-process.ts';
import { oneLab } from '../fixtures/one-lab.ts';

const lab = oneLab('--nodes', '2');

/** Jobs as they were configured, but for what names the run. */
async function configs(run: string): Promise<Map<string, string>> {
  const jobs = await allJobs(lab.client, run);
  const read = jobs.map(async (job): Promise<[string, string]> => {
    const path = apiPath('runs', run, 'jobs', job.job_id);
    const { config } = await lab.client.get<JobView & { config: string }>(path);
    return [job.description, config.replaceAll(/^(name|timestamp|priority|seed): .*\n/gm, '')];
  });
  return new Map(await Promise.all(read));
}

test('a rerun queues exactly the jobs of the statuses that were asked for, as they were', async () => {
  lab.write('suites/odd/%', '');
  for (const draw of ['a', 'b', 'c', 'd']) lab.write(`suites/odd/draw$/${draw}.yaml`, `drawn: ${draw}\n`);
  for (const way of ['x', 'y']) lab.write(`suites/odd/way/${way}.yaml`, `roles:\n- [node.a]\nway: ${way}\n`);
  const tasks = { good: 'true', bad: 'exit 3', slow: 'sleep 600', fine: 'true' };
  for (const [name, command] of Object.entries(tasks))
    lab.write(`suites/odd/tasks/${name}.yaml`, `tasks:\n- exec:\n    node.a:\n    - ${command}\n`);
  const suite = ['-s', 'odd', '--suite-dir', lab.root, '--seed', '11', '--subset', '1/2'];
  const queued = await lab.word('suite', ...suite, '--name', 'first');
  expect(queued.output).toContain('as first (seed 11)');
  for (const { job_id: id, description } of await allJobs(lab.client, 'first'))
    if (description.includes('slow')) await lab.client.post(apiPath('runs', 'first', 'jobs', id, 'kill'), {});
  await until('the run is over', async () =>
    (await allJobs(lab.client, 'first')).every(({ finished_at: at }) => at !== null),
  );
  const first = await allJobs(lab.client, 'first');
  const of = (...statuses: string[]) =>
    first.filter(({ status }) => statuses.includes(status)).map(({ description }) => description);
  expect([...new Set(first.map(({ status }) => status))].toSorted()).toEqual(['dead', 'fail', 'pass']);

  const dry = await lab.word('rerun', 'first', '--suite-dir', lab.root, '--dry-run');
  expect(dry.output.split('\n').filter((line) => line.startsWith('odd/'))).toEqual(of('fail', 'dead'));

  await lab.client.put('/v1/queues/*/pause', { seconds: 3600, reason: 'only to be looked at' });
  const before = await configs('first');
  const again = async (name: string, ...options: string[]) => {
    const done = await lab.word('rerun', 'first', '--suite-dir', lab.root, '--name', name, ...options);
    expect(done).toMatchObject({ exitCode: 0 });
    return await configs(name);
  };
  const wanted = (descriptions: readonly string[]) =>
    new Map(descriptions.map((description) => [description, before.get(description)]));
  expect(await again('second')).toEqual(wanted(of('fail', 'dead')));
  expect(await again('third', '-R', 'pass')).toEqual(wanted(of('pass')));
  expect(await again('fourth', '-R', 'pass,fail', '-l', '1')).toEqual(wanted(of('pass', 'fail').slice(0, 1)));
  expect(await lab.client.get<RunView>(apiPath('runs', 'second'))).toMatchObject({ seed: 11, subset: '1/2' });

  const other = await lab.word('rerun', 'first', '--suite-dir', lab.root, '--seed', '12');
  expect(other).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("seed 12 differs from that of run 'first', 11"),
  });
});
