import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  cli,
  labScratch,
  nodesNow,
  queue,
  shellJob,
  startUp,
  until,
  untilJob,
} from '../fixtures/lab-process.ts';
import type { CliProcess } from '../fixtures/lab-process.ts';
import type { LabClient } from '../../cli/client/lab-client.ts';

let scratch: ReturnType<typeof labScratch>;
let up: CliProcess & { client: LabClient };
beforeAll(async () => {
  scratch = labScratch();
  up = await startUp(scratch.lab, '--targets', 'sandbox', '--nodes', '2');
});
afterAll(async () => {
  up.kill('SIGTERM');
  await up.ended;
  await scratch[Symbol.asyncDispose]();
});

const hold = async (...args: string[]) => cli(['hold', ...args], { LOLIGO_FOLDER: scratch.lab });

test('a running job is held, killed, looked at over SSH as shown, and given back', async () => {
  const job = await queue(up.client, 'crash', shellJob('echo found > $HOME/evidence', 'sleep 600'));
  await untilJob(up.client, job, 'running');
  const asked = await hold(`${job.run}/${job.jobId}`, '--for', '2h', '--reason', 'a crash');
  expect(asked).toMatchObject({ exitCode: 0, output: expect.stringContaining('for 2.0 h from its end on') });
  await until('the file is there', async () =>
    (await cli(['logs', job.run, String(job.jobId)], { LOLIGO_FOLDER: scratch.lab })).output.includes(
      'sleep 600',
    ),
  );
  expect((await cli(['kill', job.run], { LOLIGO_FOLDER: scratch.lab })).exitCode).toBe(0);
  await untilJob(up.client, job, 'dead');
  const list = await hold();
  expect(list.output).toMatch(
    /^crash\/\d+ {2}\S+@\S+ {2}until \d{4}-\d\d-\d\d \d\d:\d\d UTC\n {2}sandbox0\d: ssh -i \S+ -p \d+ /,
  );
  const node = (await nodesNow(up.client)).find((each) => each.state === 'locked');
  expect(node?.job).toBeNull();
  expect((await hold('crash', '--release')).output).toBe(`gave back ${node?.name}\n`);
  await until('all nodes are free', async () =>
    (await nodesNow(up.client)).every((each) => each.state === 'free'),
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
