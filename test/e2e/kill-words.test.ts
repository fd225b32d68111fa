import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jobNow, nodesNow, queue, shellJob, until, untilJob } from '../fixtures/lab-process.ts';
import { oneLab } from '../fixtures/one-lab.ts';

/** One lab with one node for all of these; each test leaves it free. */
const lab = oneLab('--nodes', '1');

const word =
  (name: string) =>
  async (...args: string[]) =>
    lab.word(name, ...args);
const kill = word('kill');
const folderOf = (job: { run: string; jobId: number }) =>
  join(lab.folder, 'archive', job.run, String(job.jobId));
const allFree = () =>
  until('all nodes are free', async () =>
    (await nodesNow(lab.client)).every((node) => node.state === 'free'),
  );
/** A job that has written a file into its archive on its node, and goes on. */
async function busy(name: string) {
  const job = await queue(
    lab.client,
    name,
    shellJob('echo evidence > $TESTDIR/archive/seen.txt', 'echo READY', 'sleep 600'),
  );
  await until('it has written its file', async () =>
    (await word('logs')(name, String(job.jobId))).output.includes('stdout:READY'),
  );
  return job;
}

describe('loligo kill', () => {
  test('brings what the hosts have to the archive, and the reason and who wanted it to the record', async () => {
    const job = await busy('evidence');
    expect((await kill('-J', `evidence/${job.jobId}`, '--reason', 'wrong build')).output).toBe(
      `killed 1 job: ${job.jobId}\n`,
    );
    const dead = await untilJob(lab.client, job, 'dead');
    expect(dead).toMatchObject({ failure_reason: 'wrong build', actor: expect.stringContaining('@') });
    expect(readFileSync(join(folderOf(job), 'remote', 'sandbox01', 'seen.txt'), 'utf8')).toBe('evidence\n');
    expect(readFileSync(join(folderOf(job), 'summary.yaml'), 'utf8')).toContain(
      'failure_reason: wrong build',
    );
    await allFree();
  });

  test('ends jobs by run, machine type and owner, and leaves the queue alone when told to', async () => {
    const running = await busy('both');
    const queued = await queue(lab.client, 'other', shellJob('true'));
    expect((await kill('-p', '-r', 'other')).output).toContain('nothing to kill');
    expect((await kill('-m', 'vax', '-r', 'other')).output).toContain('nothing to kill');
    expect((await kill('-o', 'nobody@there')).output).toContain('nothing to kill');
    expect((await kill('-r', 'other', '-m', 'sandbox')).output).toBe(`killed 1 job: ${queued.jobId}\n`);
    const { owner } = await jobNow(lab.client, running);
    const again = await queue(lab.client, 'third', shellJob('true'));
    const all = await kill('-o', owner, '--reason', 'going home');
    expect(all.output.split('\n').sort()).toEqual([
      '',
      `killed 1 job of both: ${running.jobId}`,
      `killed 1 job of third: ${again.jobId}`,
    ]);
    expect(await untilJob(lab.client, running, 'dead')).toMatchObject({ failure_reason: 'going home' });
    await allFree();
  });

  test.each([
    [[], 'which run?'],
    [['-j', '1'], 'which run?'],
    [['a/b/c'], 'is neither RUN nor RUN/JOB'],
    [['nowhere'], "no run named 'nowhere'"],
    [['both', '1', '-p'], 'are for whole runs'],
  ])('%j is refused with one sentence', async (args, part) => {
    const refused = await kill(...args);
    expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining(part) });
    expect(refused.output.trimEnd().split('\n')).toHaveLength(1);
  });
});

/** A node that is held for a job which is over. */
async function heldNode(name: string) {
  const yaml = { ...(JSON.parse(shellJob('false')) as object), unlock_on_failure: false };
  const job = await queue(lab.client, name, JSON.stringify(yaml));
  await untilJob(lab.client, job, 'fail');
  expect((await nodesNow(lab.client))[0]).toMatchObject({ state: 'locked', job: null });
  return job;
}

test('loligo node-cleanup prints and gives back what is held for jobs that are over', async () => {
  const job = await heldNode('left');
  const cleanup = word('node-cleanup');
  expect(await cleanup('--dry-run')).toEqual({ exitCode: 0, output: '' });
  const dry = await cleanup('--dry-run', '--grace', '0');
  expect(dry.output).toMatch(new RegExp(`^sandbox01\thttp://\\S+/left/${job.jobId}/\n$`));
  expect((await cleanup('--grace', '0', '--dry-run', '-m', 'vax')).output).toBe('');
  expect((await nodesNow(lab.client))[0]).toMatchObject({ state: 'locked' });
  expect((await cleanup('--grace', '0')).output).toMatch(/^unlocked sandbox01, held for http/);
  await allFree();
});

describe('loligo nuke', () => {
  const nuke = word('nuke');

  test('ends the job of an archive folder and cleans its nodes', async () => {
    const job = await busy('doomed');
    expect((await nuke('-a', folderOf(job), '--dry-run')).output).toMatch(/^targets:\n {2}\S+@sandbox01:/);
    expect(await jobNow(lab.client, job)).toMatchObject({ status: 'running' });
    const done = await nuke('-a', folderOf(job), '-u', '--wait');
    expect(done).toMatchObject({ exitCode: 0, output: expect.stringContaining('sandbox01 is free') });
    expect(await jobNow(lab.client, job)).toMatchObject({ status: 'dead', failure_reason: 'nuked' });
  });

  test('cleans what its archive, a file or the description names', async () => {
    const job = await heldNode('held');
    expect((await nuke('sandbox01', '-n', 'elsewhere', '--dry-run')).output).toBe('targets: {}\n');
    expect((await nuke('--stale', '--dry-run')).output).toBe('targets: {}\n');
    const done = await nuke('-t', join(folderOf(job), 'orig.config.yaml'), '-n', 'held', '--wait');
    expect(done).toMatchObject({ exitCode: 0, output: expect.stringContaining('sandbox01 is free') });
  });

  test.each([
    [[], 'which nodes?'],
    [['sandbox01', '--stale'], 'which nodes?'],
    [['-a', '/nowhere'], 'is no archive folder of a job'],
  ])('%j is refused', async (args, part) => {
    expect(await nuke(...args)).toMatchObject({ exitCode: 1, output: expect.stringContaining(part) });
    expect(existsSync(lab.folder)).toBe(true);
  });
});
