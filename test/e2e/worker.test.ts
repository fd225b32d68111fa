import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  cli,
  jobNow,
  nodesNow,
  queue,
  shellJob,
  startCli,
  until,
  untilJob,
} from '../fixtures/lab-process.ts';
import { oneLab } from '../fixtures/one-lab.ts';

/** A lab that runs no job of its nodes itself, and workers that know of it only its URL and a credential of their pool. */
const lab = oneLab('--nodes', '1', '--workers', 'sandbox');
let token: string;
beforeAll(async () => {
  const issued = await lab.word('token', 'add', '--pool', 'sandbox', 'rack-worker');
  token = /[a-z0-9]{8,32}\.[\w-]{20,200}/.exec(issued.output)?.[0] ?? '';
});

const worker = (...args: string[]) =>
  startCli(
    ['worker', '-m', 'sandbox', '--name', 'rack', '--jobs', '1', '--work', join(lab.root, 'work'), ...args],
    {
      LOLIGO_API: lab.client.url,
      LOLIGO_TOKEN: token,
      LOLIGO_FOLDER: join(lab.root, 'nowhere'),
    },
  );
const archived = (job: { run: string; jobId: number }, path: string) =>
  readFileSync(join(lab.folder, 'archive', job.run, String(job.jobId), path), 'utf8');

test('jobs wait for a worker, which runs them and brings their logs and files to the lab', async () => {
  const job = await queue(
    lab.client,
    'away',
    shellJob('echo made > $TESTDIR/archive/made.txt', 'echo hello from the rack'),
  );
  await until('it says what it waits for', async () => (await jobNow(lab.client, job)).why_waiting !== null);
  expect(await jobNow(lab.client, job)).toMatchObject({
    status: 'queued',
    why_waiting: 'no worker for sandbox waits for a job',
  });
  const rack = worker();
  const done = await untilJob(lab.client, job, 'pass', 'fail', 'dead');
  expect(done).toMatchObject({ status: 'pass', attempt: 1 });
  expect(archived(job, 'teuthology.log')).toContain('hello from the rack');
  expect(archived(job, 'teuthology.log').trimEnd()).toMatch(/:pass$/);
  expect(archived(job, 'remote/sandbox01/made.txt')).toBe('made\n');
  expect(archived(job, 'orig.config.yaml')).toContain(
    `archive_path: ${lab.client.url}/archive/away/${job.jobId}`,
  );
  const failing = await queue(lab.client, 'fails', shellJob('false'));
  expect(await untilJob(lab.client, failing, 'pass', 'fail', 'dead')).toMatchObject({ status: 'fail' });
  rack.kill('SIGTERM');
  expect(await rack.ended).toBe(0);
});

test('a kill reaches the runner of a worker, which unwinds', async () => {
  const rack = worker();
  const job = await queue(lab.client, 'stopped', shellJob('echo READY', 'sleep 600'));
  await until('it works', async () =>
    (await lab.word('logs', job.run, String(job.jobId))).output.includes('stdout:READY'),
  );
  await lab.word('kill', 'stopped', '--reason', 'wrong build');
  expect(await untilJob(lab.client, job, 'dead')).toMatchObject({ failure_reason: 'wrong build' });
  expect(archived(job, 'summary.yaml')).toContain('status: dead');
  rack.kill('SIGTERM');
  await rack.ended;
});

test('a worker that dies with its runner leaves a dead job with a reason, and its nodes come back', async () => {
  const rack = worker();
  const job = await queue(lab.client, 'lost', shellJob('echo READY', 'sleep 600'));
  await until('it works', async () =>
    (await lab.word('logs', job.run, String(job.jobId))).output.includes('stdout:READY'),
  );
  const [, pid = ''] = /job lost\/\d+ starts \(pid (\d+)\)/.exec(rack.output()) ?? [];
  const died = Date.now();
  rack.kill('SIGKILL');
  process.kill(-Number(pid), 'SIGKILL');
  const dead = await untilJob(lab.client, job, 'dead');
  expect(dead).toMatchObject({
    actor: 'sweeper',
    failure_reason: expect.stringMatching(/^its runner \(worker .*\) did not renew the lease/),
  });
  await until('the node is back', async () =>
    (await nodesNow(lab.client)).every((node) => node.state === 'free'),
  );
  expect(Date.now() - died).toBeLessThan(90_000);
}, 150_000);

test.each([
  ['a type that is not its pool’s', ['-m', 'rack'], {}, 'it takes a credential of that pool'],
  [
    'a token that the lab does not know',
    [],
    { LOLIGO_TOKEN: 'nonsense' },
    'writes need the token of the lab',
  ],
])('a worker with %s ends with one sentence', async (_, args, env, part) => {
  const refused = await cli(['worker', '-m', 'sandbox', '--work', join(lab.root, 'work'), ...args], {
    LOLIGO_API: lab.client.url,
    LOLIGO_TOKEN: token,
    ...env,
  });
  expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining(part) });
});
