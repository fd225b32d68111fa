import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { apiPath } from '../../cli/client/lab-client.ts';
import type { JobView, RunView } from '../../cli/client/lab-client.ts';
import { cli, labScratch, startCli, startUp, until } from '../fixtures/lab-process.ts';

/** A suite of 40 x 40 x 2 jobs. */
const parts = { a: 40, b: 40, c: 2 };
const total = parts.a * parts.b * parts.c;

test.each([0, 50, 150, 400])(
  'a lab that is killed %i ms into taking a big suite has all of it, once, after it was started again',
  async (afterMs) => {
    await using scratch = labScratch();
    scratch.write('suites/big/%', '');
    scratch.write('suites/big/clusters/one.yaml', 'roles:\n- [node.a]\n');
    for (const [facet, count] of Object.entries(parts)) {
      for (let index = 0; index < count; index += 1)
        scratch.write(`suites/big/${facet}/${index}.yaml`, `${facet}: ${index}\n`);
    }
    const first = await startUp(scratch.lab, '--targets', 'none');
    const args = [
      '-s',
      'big',
      '--suite-dir',
      scratch.root,
      '-m',
      'sandbox',
      '--job-threshold',
      '0',
      '--name',
      'big',
    ];
    const submission = startCli(['suite', ...args], { LOLIGO_FOLDER: scratch.lab });
    const journal = `${scratch.lab}/submissions`;
    await until('the submission is in the journal', async () =>
      readdirSync(journal).some((name) => name.endsWith('.json')),
    );
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    first.kill('SIGKILL');
    await first.ended;

    const second = await startUp(scratch.lab, '--targets', 'none');
    expect({ exitCode: await submission.ended, output: submission.output() }).toMatchObject({ exitCode: 0 });
    const run = await second.client.get<RunView>(apiPath('runs', 'big'));
    expect(run).toMatchObject({ closed: true, total, counts: { queued: total } });
    const runs = await second.client.get<{ runs: RunView[] }>('/v1/runs');
    expect(runs.runs).toHaveLength(1);
  },
);

test('a suite that has expired is refused, and one that expires in the queue ends dead, with the reason', async () => {
  await using scratch = labScratch();
  scratch.write('suites/old/%', '');
  scratch.write('suites/old/one.yaml', 'roles:\n- [node.a]\n');
  const { client } = await startUp(scratch.lab, '--targets', 'none');
  const submit = async (name: string, expire: string) => {
    const args = ['-s', 'old', '--suite-dir', scratch.root, '-m', 'sandbox', '--name', name];
    return await cli(['suite', ...args, '--expire', expire], { LOLIGO_FOLDER: scratch.lab });
  };
  const late = await submit('late', '2020-01-01');
  expect(late).toMatchObject({ exitCode: 1, output: expect.stringContaining('is over already') });
  expect(await client.get<{ runs: RunView[] }>('/v1/runs')).toMatchObject({ runs: [] });

  expect(await submit('waits', '1h')).toMatchObject({ exitCode: 0 });
  expect(await submit('expires', '2s')).toMatchObject({ exitCode: 0 });
  const counts = async (name: string) => (await client.get<RunView>(apiPath('runs', name))).counts;
  await until('the job has expired', async () => (await counts('expires')).dead === 1);
  const { jobs } = await client.get<{ jobs: JobView[] }>(`${apiPath('runs', 'expires')}/jobs`);
  expect(jobs).toMatchObject([
    { status: 'dead', failure_reason: expect.stringMatching(/^expired at 20.*still queued$/) },
  ]);
  expect(await counts('waits')).toMatchObject({ queued: 1 });
});
