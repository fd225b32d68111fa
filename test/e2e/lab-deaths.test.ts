import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { apiPath } from '../../cli/client/lab-client.ts';
import type { Submitted } from '../../cli/client/lab-client.ts';
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
import { processesOf } from '../../cli/lab/processes-of.ts';

/** The pid of the runner of a job, by the assignment on its command line. */
async function runnerOf(folder: string, jobId: number): Promise<number> {
  const found = (await processesOf(folder)).find(({ command }) =>
    new RegExp(`/runners/${jobId}\\.\\d+\\.json`).test(command),
  );
  if (found === undefined) throw new Error(`no runner of job ${jobId}`);
  return found.pid;
}

describe('killing a job', () => {
  test('unwinds it, says who and why, and its node serves the next one', async () => {
    await using scratch = labScratch();
    const lab = await startUp(scratch.lab, '--nodes', '1');
    const folder = { LOLIGO_FOLDER: scratch.lab };
    const job = await queue(lab.client, 'long', shellJob('echo started', 'sleep 600'));
    const next = await queue(lab.client, 'next', shellJob('true'));
    await untilJob(lab.client, job, 'running');
    await until('it waits for a node', async () => (await jobNow(lab.client, next)).why_waiting !== null);

    const killed = await cli(['kill', 'long', String(job.jobId), '--reason', 'wrong build'], folder);
    expect(killed.output).toBe(`killed 1 job: ${job.jobId}\n`);
    const dead = await untilJob(lab.client, job, 'dead');
    expect(dead.failure_reason).toContain('wrong build');
    expect((await untilJob(lab.client, next, 'pass', 'fail', 'dead')).status).toBe('pass');
  });

  test('takes queued ones out of the queue at once', async () => {
    await using scratch = labScratch();
    const lab = await startUp(scratch.lab, '--targets', 'none');
    const yaml = JSON.stringify({ roles: [['node.a']], machine_type: 'sandbox', tasks: [{ nop: null }] });
    const job = await queue(lab.client, 'never', yaml);
    const killed = await cli(['kill', 'never'], { LOLIGO_FOLDER: scratch.lab });
    expect(killed.exitCode).toBe(0);
    expect(await jobNow(lab.client, job)).toMatchObject({
      status: 'dead',
      failure_reason: expect.stringContaining('killed by'),
    });
  });
});

describe('a runner that is killed in the middle of a task', () => {
  test('leaves a dead job with a reason and a readable log, and clean free nodes', async () => {
    await using scratch = labScratch();
    const lab = await startUp(scratch.lab, '--nodes', '1');
    const job = await queue(
      lab.client,
      'victim',
      shellJob('echo flushed before the end; touch $HOME/dirt', 'sleep 987'),
    );
    await untilJob(lab.client, job, 'running');
    const log = async () => await (await fetch((await jobNow(lab.client, job)).log_url ?? '')).text();
    await until('the task has written', async () => (await log()).includes('flushed before the end'));

    process.kill(await runnerOf(scratch.lab, job.jobId), 'SIGKILL');
    const dead = await untilJob(lab.client, job, 'dead');
    expect(dead).toMatchObject({ failure_reason: expect.stringContaining('vanished'), actor: 'sweeper' });
    expect(await log()).toContain('flushed before the end');
    await until('the node is free again', async () =>
      (await nodesNow(lab.client)).every((node) => node.state === 'free'),
    );
    expect((await processesOf(scratch.lab)).filter(({ command }) => command.includes('sleep 987'))).toEqual(
      [],
    );
    const next = await queue(lab.client, 'next', shellJob('test ! -e $HOME/dirt'));
    expect((await untilJob(lab.client, next, 'pass', 'fail', 'dead')).status).toBe('pass');
  });
});

describe('a lab that is killed', () => {
  test('and started again loses no job, runs none twice, and takes back those that run', async () => {
    await using scratch = labScratch();
    const first = await startUp(scratch.lab, '--nodes', '2');
    const lasting = [`until test -e ${scratch.root}/go; do sleep 0.1; done`, ...Array(4).fill('sleep 1')];
    const jobs = [];
    for (const [index, last] of lasting.entries()) {
      jobs.push(
        await queue(first.client, `job${index}`, shellJob(`echo once >> ${scratch.root}/ran-${index}`, last)),
      );
    }
    await until('the first has begun', async () => scratch.lines('ran-0').length > 0);
    first.kill('SIGKILL');
    await first.ended;
    const survivor = await runnerOf(scratch.lab, jobs[0]?.jobId ?? 0);

    const second = await startUp(scratch.lab, '--nodes', '2');
    expect(second.client.url).toBe(first.client.url);
    expect(await jobNow(second.client, jobs[0] ?? { run: '', jobId: 0 })).toMatchObject({
      status: 'running',
      attempt: 1,
    });
    expect(await runnerOf(scratch.lab, jobs[0]?.jobId ?? 0)).toBe(survivor);
    scratch.write('go', '');
    for (const job of jobs)
      expect((await untilJob(second.client, job, 'pass', 'fail', 'dead')).status).toBe('pass');
    for (const index of lasting.keys()) expect(scratch.lines(`ran-${index}`)).toEqual(['once']);
  });

  test('is waited for by a client that waits for its run', async () => {
    await using scratch = labScratch();
    scratch.write('suites/mini/%', '');
    for (const name of ['a', 'b', 'c']) {
      scratch.write(
        `suites/mini/tasks/${name}.yaml`,
        'roles:\n- [node.a]\ntasks:\n- exec:\n    node.a:\n    - sleep 2\n',
      );
    }
    const first = await startUp(scratch.lab, '--nodes', '1');
    const args = ['suite', '-s', 'mini', '--suite-dir', scratch.root, '--wait'];
    const client = startCli(args, { LOLIGO_FOLDER: scratch.lab });
    await until('one job is over', async () => client.output().includes('\npass '));
    first.kill('SIGKILL');
    await first.ended;
    await startUp(scratch.lab, '--nodes', '1');
    expect({ exitCode: await client.ended, output: client.output() }).toMatchObject({ exitCode: 0 });
    expect(client.output().match(/^pass \d+ /gm)).toHaveLength(3);
  });

  test('together with a runner finds that runner dead, and goes on with the queue', async () => {
    await using scratch = labScratch();
    const first = await startUp(scratch.lab, '--nodes', '1');
    const victim = await queue(
      first.client,
      'victim',
      shellJob(`echo once >> ${scratch.root}/ran`, 'sleep 600'),
    );
    const waiting = await queue(first.client, 'waiting', shellJob('true'));
    await until('it has begun', async () => scratch.lines('ran').length > 0);
    const runner = await runnerOf(scratch.lab, victim.jobId);
    first.kill('SIGKILL');
    process.kill(runner, 'SIGKILL');
    await first.ended;

    const second = await startUp(scratch.lab, '--nodes', '1');
    expect(await untilJob(second.client, victim, 'dead')).toMatchObject({
      failure_reason: expect.stringContaining('vanished'),
    });
    expect((await untilJob(second.client, waiting, 'pass', 'fail', 'dead')).status).toBe('pass');
    expect(scratch.lines('ran')).toEqual(['once']);
  });
});

describe('a lab that is stopped', () => {
  test('unwinds what runs, hands back what has not begun, keeps what is queued, and leaves no process', async () => {
    await using scratch = labScratch();
    const first = await startUp(scratch.lab, '--nodes', '1');
    const queueFor = async (type: string, name: string, yaml: string) => {
      const body = { yaml, name, machine_type: type };
      const { run, job_ids: ids } = await first.client.post<Submitted>('/v1/jobs', body);
      return { run, jobId: ids[0] ?? 0 };
    };
    const silent = createServer().listen(0, '127.0.0.1'); // takes connections, and says nothing
    await once(silent, 'listening');
    await first.client.put(apiPath('nodes', 'silent'), {
      machine_type: 'mute',
      arch: 'x86_64',
      user: 'ann',
      address: '127.0.0.1',
      port: (silent.address() as AddressInfo).port,
      host_key: `ssh-ed25519 ${Buffer.from('\0\0\0\x0bssh-ed25519').toString('base64')}`,
    });
    const connecting = await queueFor('mute', 'connecting', shellJob('true'));
    await once(silent, 'connection');
    const long = shellJob(`touch ${scratch.root}/begun`, 'sleep 600');
    const running = await queueFor('sandbox', 'running', long);
    const queued = await queueFor('sandbox', 'queued', shellJob('true'));
    await until('its own tasks have begun', async () => existsSync(`${scratch.root}/begun`));
    first.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(await processesOf(scratch.root)).toEqual([]);

    const second = await startUp(scratch.lab, '--nodes', '1');
    expect(await jobNow(second.client, running)).toMatchObject({
      status: 'dead',
      failure_reason: expect.stringContaining('the lab was stopped'),
    });
    const back = await jobNow(second.client, connecting);
    expect(back).toMatchObject({ failure_reason: null });
    expect(['queued', 'waiting', 'running']).toContain(back.status);
    silent.close();
    expect((await untilJob(second.client, queued, 'pass', 'fail', 'dead')).status).toBe('pass');
  });
});
