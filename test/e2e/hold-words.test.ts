import { expect, test } from 'vitest';
import { nodesNow, queue, shellJob, until, untilJob } from '../fixtures/lab-process.ts';
import { oneLab } from '../fixtures/one-lab.ts';

const lab = oneLab('--nodes', '2');

const hold = async (...args: string[]) => lab.word('hold', ...args);

test('a running job is held, killed, looked at over SSH as shown, and given back', async () => {
  const job = await queue(lab.client, 'crash', shellJob('echo found > $HOME/evidence', 'sleep 600'));
  await untilJob(lab.client, job, 'running');
  const asked = await hold(`${job.run}/${job.jobId}`, '--for', '2h', '--reason', 'a crash');
  expect(asked).toMatchObject({ exitCode: 0, output: expect.stringContaining('for 2.0 h from its end on') });
  await until('the file is there', async () =>
    (await lab.word('logs', job.run, String(job.jobId))).output.includes('sleep 600'),
  );
  expect((await lab.word('kill', job.run)).exitCode).toBe(0);
  await untilJob(lab.client, job, 'dead');
  const list = await hold();
  expect(list.output).toMatch(
    /^crash\/\d+ {2}\S+@\S+ {2}until \d{4}-\d\d-\d\d \d\d:\d\d UTC\n {2}sandbox0\d: ssh -i \S+ -p \d+ /,
  );
  const node = (await nodesNow(lab.client)).find((each) => each.state === 'locked');
  expect(node?.job).toBeNull();
  expect((await hold('crash', '--release')).output).toBe(`gave back ${node?.name}\n`);
  await until('all nodes are free', async () =>
    (await nodesNow(lab.client)).every((each) => each.state === 'free'),
  );
  expect((await hold()).output).toBe('no nodes are held\n');
  const late = await hold(`crash/${job.jobId}`);
  expect(late).toMatchObject({ exitCode: 1, output: expect.stringContaining('they have been given back') });
});

test.each([
  [['--release'], 'which job?'],
  [['nowhere'], "no run named 'nowhere'"],
  [['a/b/c'], 'is neither RUN nor RUN/JOB'],
])('%j is refused with one sentence', async (args, part) => {
  const refused = await hold(...args);
  expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining(part) });
  expect(refused.output.trimEnd().split('\n')).toHaveLength(1);
});
