import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  cli,
  jobNow,
  labScratch,
  nodesNow,
  queue,
  shellJob,
  startCli,
  startUp,
  until,
  untilJob,
} from '../fixtures/lab-process.ts';
import type { CliProcess } from '../fixtures/lab-process.ts';
import type { LabClient } from '../../cli/client/lab-client.ts';

/** A lab that runs no job of its nodes itself, and workers that know of it only its URL and a credential of their pool. */
let scratch: ReturnType<typeof labScratch>;
let up: CliProcess & { client: LabClient };
let token: string;
beforeAll(async () => {
  scratch = labScratch();
  up = await startUp(scratch.lab, '--targets', 'sandbox', '--nodes', '1', '--workers', 'sandbox');
  const issued = await cli(['token', 'add', '--pool', 'sandbox', 'rack-worker'], {
    LOLIGO_FOLDER: scratch.lab,
  });
  token = /[a-z0-9]{8,32}\.[\w-]{20,200}/.exec(issued.output)?.[0] ?? '';
});
afterAll(async () => {
  up.kill('SIGTERM');
  await up.ended;
  await scratch[Symbol.asyncDispose]();
});

const worker = (...args: string[]) =>
  startCli(
    [
      'worker',
      '-m',
      'sandbox',
      '--name',
      'rack',
      '--jobs',
      '1',
      '--work',
      join(scratch.root, 'work'),
      ...args,
    ],
    {
      LOLIGO_API: up.client.url,
      LOLIGO_TOKEN: token,
      LOLIGO_FOLDER: join(scratch.root, 'nowhere'),
    },
  );
const archived = (job: { run: string; jobId: number }, path: string) =>
  readFileSync(join(scratch.lab, 'archive', job.run, String(job.jobId), path), 'utf8');

test('jobs wait for a worker, which runs them and brings their logs and files to the lab', async () => {
  const job = await queue(
    up.client,
    'away',
    shellJob('echo made > $TESTDIR/archive/made.txt', 'echo hello from the rack'),
  );
  await until('it says what it waits for', async () => (await jobNow(up.client, job)).why_waiting !== null);
  expect(await jobNow(up.client, job)).toMatchObject({
    status: 'queued',
    why_waiting: 'no worker for sandbox waits for a job',
  });
  const rack = worker();
  const done = await untilJob(up.client, job, 'pass', 'fail', 'dead');
  expect(done).toMatchObject({ status: 'pass', attempt: 1 });
  expect(archived(job, 'teuthology.log')).toContain('hello from the rack');
  expect(archived(job, 'teuthology.log').trimEnd()).toMatch(/:pass$/);
  expect(archived(job, 'remote/sandbox01/made.txt')).toBe('made\n');
  expect(archived(job, 'orig.config.yaml')).toContain(
    `archive_path: ${up.client.url}/archive/away/${job.jobId}`,
  );
  const failing = await queue(up.client, 'fails', shellJob('false'));
  expect(await untilJob(up.client, failing, 'pass', 'fail', 'dead')).toMatchObject({ status: 'fail' });
  rack.kill('SIGTERM');
  expect(await rack.ended).toBe(0);
});

test('a kill reaches the runner of a worker, which unwinds', async () => {
  const rack = worker();
  const job = await queue(up.client, 'stopped', shellJob('echo READY', 'sleep 600'));
  await until('it works', async () =>
    (await cli(['logs', job.run, String(job.jobId)], { LOLIGO_FOLDER: scratch.lab })).output.includes(
      'stdout:READY',
    ),
  );
  await cli(['kill', 'stopped', '--reason', 'wrong build'], { LOLIGO_FOLDER: scratch.lab });
  expect(await untilJob(up.client, job, 'dead')).toMatchObject({ failure_reason: 'wrong build' });
  expect(archived(job, 'summary.yaml')).toContain('status: dead');
  rack.kill('SIGTERM');
  await rack.ended;
});

test('a worker that dies with its runner leaves a dead job with a reason, and its nodes come back', async () => {
  const rack = worker();
  const job = await queue(up.client, 'lost', shellJob('echo READY', 'sleep 600'));
  await until('it works', async () =>
    (await cli(['logs', job.run, String(job.jobId)], { LOLIGO_FOLDER: scratch.lab })).output.includes(
      'stdout:READY',
    ),
  );
  const [, pid = ''] = /job lost\/\d+ starts \(pid (\d+)\)/.exec(rack.output()) ?? [];
  const died = Date.now();
  rack.kill('SIGKILL');
  process.kill(-Number(pid), 'SIGKILL');
  const dead = await untilJob(up.client, job, 'dead');
  expect(dead).toMatchObject({
    actor: 'sweeper',
    failure_reason: expect.stringMatching(/^its runner \(worker .*\) did not renew the lease/),
  });
  await until('the node is back', async () =>
    (await nodesNow(up.client)).every((node) => node.state === 'free'),
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
  const refused = await cli(['worker', '-m', 'sandbox', '--work', join(scratch.root, 'work'), ...args], {
    LOLIGO_API: up.client.url,
    LOLIGO_TOKEN: token,
    ...env,
  });
  expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining(part) });
});
