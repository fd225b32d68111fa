import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { directorySource } from '../../adapters/git/directory-source.ts';
import { luaMergeScripts } from '../../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import { expandSuite } from '../../core/suites/expand.ts';
import type { ExpandedJob } from '../../core/suites/expand.ts';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { BenchResult, JobBench } from '../../test/fixtures/job-bench.ts';

const root = join(import.meta.dirname, '../..');

async function jobsOf(suite: string): Promise<ExpandedJob[]> {
  const jobs: ExpandedJob[] = [];
  const expansion = expandSuite({
    source: directorySource(root),
    suite,
    subset: null,
    seed: 0,
    noNestedSubset: false,
    yaml: pyYaml,
    scripts: luaMergeScripts(),
  });
  for await (const job of expansion) jobs.push(job);
  return jobs;
}

describe('the suites that ship', () => {
  let bench: JobBench;
  beforeAll(async () => {
    bench = await startJobBench(3);
  });
  afterAll(() => bench.stop());

  const run = (suite: string, job: ExpandedJob): Promise<BenchResult> => {
    const config: YamlMap = new Map([...job.config, ['suite', suite]]);
    return bench.run(config, { options: { suitePath: root } });
  };

  test('smoke is every workload on one, two and three hosts', async () => {
    const descriptions = (await jobsOf('smoke')).map(({ description }) => description);
    const expected = [1, 2, 3].flatMap((hosts) =>
      ['background', 'nested', 'rendezvous'].map((task) => `smoke/{clusters/fixed-${hosts} tasks/${task}}`),
    );
    expect(descriptions.sort()).toEqual(expected.sort());
  });

  test.each([
    'smoke/{clusters/fixed-1 tasks/background}',
    'smoke/{clusters/fixed-2 tasks/nested}',
    'smoke/{clusters/fixed-3 tasks/rendezvous}',
  ])('%s passes and leaves nothing behind', async (description) => {
    const job = (await jobsOf('smoke')).find((each) => each.description === description);
    if (!job) throw new Error(`there is no job ${description}`);
    const { status, failureReason, nodesClean } = await run('smoke', job);
    expect({ status, failureReason, nodesClean }).toEqual({
      status: 'pass',
      failureReason: null,
      nodesClean: true,
    });
  });

  test('smoke-with-failure is smoke and one job that fails with the reason that it promises', async () => {
    const jobs = await jobsOf('smoke-with-failure');
    const [failing, ...others] = jobs.filter(
      ({ description }) => !description.startsWith('smoke-with-failure/smoke/'),
    );
    if (!failing) throw new Error('no job fails');
    expect([jobs.length, others]).toEqual([10, []]);
    const { status, failureReason, lines } = await run('smoke-with-failure', failing);
    expect(status).toBe('fail');
    expect(failureReason).toMatch(
      /^Command failed on target1 with status 1: .*fails on purpose: ten lines are not eleven/,
    );
    expect(lines.filter((line) => line.includes('Manager failed'))).toEqual([]);
  });

  test('smoke finds its own task also from within smoke-with-failure', async () => {
    const jobs = await jobsOf('smoke-with-failure');
    const job = jobs.find(({ description }) => description.endsWith('{clusters/fixed-1 tasks/nested}'));
    if (!job) throw new Error('there is no such job');
    expect((await run('smoke-with-failure', job)).failureReason).toBe(null);
  });

  test('dummy does nothing', async () => {
    const [job, ...others] = await jobsOf('dummy');
    if (!job) throw new Error('dummy is empty');
    expect(others).toEqual([]);
    expect((await run('dummy', job)).status).toBe('pass');
  });
});
