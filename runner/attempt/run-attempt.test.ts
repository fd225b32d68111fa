import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import { parseTargets } from '../../core/config/targets.ts';
import { toPlain } from '../../core/config/yaml-value.ts';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../../test/fixtures/lab-records.ts';
import type { JobStoppedError } from '../engine/stop.ts';
import { configOfRecord } from './config-of-record.ts';
import { runAttempt } from './run-attempt.ts';
import type { JobStore } from '../../core/ports/job-store.ts';
import type { AttemptParams, AttemptResult } from './run-attempt.ts';

const passed: AttemptResult = {
  status: 'pass',
  failureReason: null,
  nodesClean: true,
  hosts: [],
  began: true,
  durationSeconds: 3,
  config: null,
};
const failed: AttemptResult = {
  status: 'fail',
  failureReason: 'it broke',
  nodesClean: false,
  hosts: [],
  began: true,
  durationSeconds: 3,
  config: null,
};

/** A job that was claimed with one node, and how to run its attempt. */
async function claimedLab() {
  const lab = fakeLab();
  await lab.nodes.register([nodeSpec('a')], 1);
  await lab.jobs.createRun(newRun('r'));
  const [jobId = 0] = await lab.jobs.enqueue({ run: 'r', jobs: [newJob('k')], now: 2 });
  const now = lab.clock.time;
  const claim = await lab.jobs.claim({ run: 'r', jobId, nodes: ['a'], leaseUntil: now + 60_000, now });
  if (claim.kind === 'refused') throw new Error(claim.reason);
  const { attempt, nodes } = claim;
  const asked = new AbortController();
  const run = (execute: AttemptParams['execute'], changes: Partial<AttemptParams> = {}) =>
    runAttempt({
      jobs: lab.jobs,
      evidence: lab.evidence,
      holds: lab.holds,
      attempt,
      nodes,
      runner: 'me',
      clock: lab.clock,
      log: lab.log,
      asked: asked.signal,
      leaseMs: 60_000,
      renewEveryMs: 5,
      holdMs: 3_600_000,
      execute,
      ...changes,
    });
  return { lab, jobId, attempt, asked, run, job: () => lab.jobs.getJob('r', jobId) };
}

/** A job that lasts until it is stopped, and ends as a stopped job does. */
const untilStopped: AttemptParams['execute'] = async ({ signal }) => {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  const reason = signal.reason as JobStoppedError;
  return { ...failed, status: 'dead', failureReason: reason.message };
};

test('a job that passes is finished, and its nodes are free', async () => {
  const { lab, run, job } = await claimedLab();
  expect(await run(async () => passed)).toBe('pass');
  expect(await job()).toMatchObject({
    status: 'pass',
    actor: 'runner',
    durationSeconds: 3,
    runner: 'me',
    failureReason: null,
  });
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'free' });
});

test('what the job says about its hosts is in the record of the nodes before it is over', async () => {
  const { lab, run, jobId } = await claimedLab();
  const hosts = [
    { host: 'a', kind: 'failure', reason: 'no answer' },
    { host: 'elsewhere', kind: 'certain', reason: 'not a node' },
  ] as const;
  expect(await run(async () => ({ ...failed, status: 'dead', hosts }))).toBe('dead');
  expect(await lab.evidence.about('a')).toMatchObject([
    { kind: 'failure', reason: 'no answer', run: 'r', jobId },
  ]);
  expect(await lab.evidence.about('elsewhere')).toEqual([]);
});

test('a record that cannot be written does not change the outcome', async () => {
  const { lab, run, job } = await claimedLab();
  const report = async () => Promise.reject(new Error('disk full'));
  const hosts = [{ host: 'a', kind: 'works' }] as const;
  expect(await run(async () => ({ ...passed, hosts }), { evidence: { report } })).toBe('pass');
  expect(await job()).toMatchObject({ status: 'pass' });
  expect(lab.log.lines.join()).toContain('could not be stored: Error: disk full');
});

test('nodes that somebody asked to hold stay with the owner, however the job ends', async () => {
  const { lab, run, jobId } = await claimedLab();
  await lab.holds.ask({ run: 'r', jobId, seconds: 90, by: 'ann', reason: null, at: 1 });
  expect(await run(async () => passed)).toBe('pass');
  expect(await lab.nodes.get('a')).toMatchObject({
    state: 'locked',
    lock: { id: `hold:r/${jobId}`, job: null, leaseUntil: lab.clock.time + 90_000 },
  });
});

test('the lease is renewed while the job runs', async () => {
  const { lab, run, job } = await claimedLab();
  await run(async () => {
    lab.clock.time += 50_000;
    await vi.waitFor(async () => expect((await job())?.leaseUntil).toBe(lab.clock.time + 60_000));
    return passed;
  });
});

test('an attempt that is not ours is not executed', async () => {
  const { lab, attempt, run } = await claimedLab();
  const execute = vi.fn<AttemptParams['execute']>(async () => passed);
  await lab.jobs.unclaim(attempt, lab.clock.time);
  expect(await run(execute)).toBe('lost');
  expect(execute).not.toHaveBeenCalled();
});

test('a second runner of the same attempt ends without doing anything', async () => {
  const { lab, attempt, run, job } = await claimedLab();
  await lab.jobs.start(attempt, { runner: 'the first', now: lab.clock.time });
  const execute = vi.fn<AttemptParams['execute']>(async () => passed);
  expect(await run(execute)).toBe('lost');
  expect(execute).not.toHaveBeenCalled();
  expect(await job()).toMatchObject({ status: 'running', runner: 'the first' });
});

describe('a job is stopped', () => {
  test('by a kill request, in the name of who asked, with the lease kept until it is unwound', async () => {
    const { lab, run, job } = await claimedLab();
    const ending = run(async (params) => {
      await lab.jobs.kill({ run: 'r', actor: 'alice', reason: 'wrong branch', now: lab.clock.time });
      const result = await untilStopped(params);
      expect((params.signal.reason as JobStoppedError).kind).toBe('killed');
      lab.clock.time += 50_000;
      await vi.waitFor(async () => expect((await job())?.leaseUntil).toBe(lab.clock.time + 60_000));
      return result;
    });
    expect(await ending).toBe('dead');
    expect(await job()).toMatchObject({ status: 'dead', actor: 'alice', failureReason: 'wrong branch' });
  });

  test('by a signal, which stands behind a request in the store', async () => {
    const { lab, asked, run, job } = await claimedLab();
    const ending = run(
      async (params) => {
        await lab.jobs.kill({ run: 'r', actor: 'alice', reason: 'wrong branch', now: lab.clock.time });
        asked.abort();
        return untilStopped(params);
      },
      { renewEveryMs: 1_000_000 },
    );
    expect(await ending).toBe('dead');
    expect(await job()).toMatchObject({ actor: 'alice', failureReason: 'wrong branch' });
  });

  test('by a bare signal, also one that came before it began', async () => {
    const { asked, run, job } = await claimedLab();
    asked.abort();
    expect(await run(untilStopped)).toBe('dead');
    expect(await job()).toMatchObject({
      status: 'dead',
      actor: 'runner',
      failureReason: expect.stringContaining('its runner was told to end'),
    });
  });

  test('by a bare signal before its own tasks began, and is queued again with its nodes to be cleaned', async () => {
    const { lab, attempt, asked, run, job } = await claimedLab();
    asked.abort();
    let broken = 2;
    const handBack: JobStore['handBack'] = async (...given) => {
      if (broken-- > 0) throw new Error('disk full');
      return await lab.jobs.handBack(...given);
    };
    const unbegun: AttemptParams['execute'] = async (params) => ({
      ...(await untilStopped(params)),
      began: false,
    });
    const jobs = { ...lab.jobs, handBack };
    const renewEveryMs = 1_000_000;
    const hurried: AttemptParams['sleep'] = async (ms, signal) => {
      if (ms > 1000) await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
    };
    expect(await run(unbegun, { jobs, sleep: hurried, renewEveryMs })).toBe('back');
    expect(await job()).toMatchObject({ status: 'queued', attempt: 0, fence: attempt.fence, runner: null });
    expect(await lab.nodes.get('a')).toMatchObject({ state: 'dirty', lock: null });
  });

  test('by a kill request before its own tasks began, and stays ended', async () => {
    const { lab, asked, run, job } = await claimedLab();
    const ending = run(async (params) => {
      await lab.jobs.kill({ run: 'r', actor: 'alice', reason: 'wrong branch', now: lab.clock.time });
      asked.abort();
      return { ...(await untilStopped(params)), began: false };
    });
    expect(await ending).toBe('dead');
    expect(await job()).toMatchObject({ actor: 'alice', failureReason: 'wrong branch' });
  });

  test('by the loss of its lease, after which nothing is stored', async () => {
    const { lab, attempt, run, job } = await claimedLab();
    const ending = run(async (params) => {
      const swept = { status: 'dead', failureReason: 'silent', actor: 'sweeper' } as const;
      await lab.jobs.finish(attempt, { ...swept, durationSeconds: null, nodesClean: false, now: 9 });
      const result = await untilStopped(params);
      expect((params.signal.reason as JobStoppedError).kind).toBe('lease-lost');
      return result;
    });
    expect(await ending).toBe('lost');
    expect(await job()).toMatchObject({ status: 'dead', actor: 'sweeper', failureReason: 'silent' });
  });
});

describe('the unwinding of a job that was asked to stop', () => {
  const aborted = async (signal: AbortSignal) => {
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return signal.reason as JobStoppedError;
  };

  test('ends at once when the lease is lost meanwhile, and nothing is stored', async () => {
    const { lab, attempt, run, job } = await claimedLab();
    const ending = run(async (params) => {
      await lab.jobs.kill({ run: 'r', actor: 'alice', reason: 'wrong branch', now: lab.clock.time });
      const result = await untilStopped(params);
      expect([params.signal.reason.kind, params.giveUp.aborted]).toEqual(['killed', false]);
      const swept = { status: 'dead', failureReason: 'too slow', actor: 'alice' } as const;
      await lab.jobs.finish(attempt, { ...swept, durationSeconds: null, nodesClean: false, now: 9 });
      expect(await aborted(params.giveUp)).toMatchObject({ kind: 'lease-lost' });
      return result;
    });
    expect(await ending).toBe('lost');
    expect(await job()).toMatchObject({ actor: 'alice', failureReason: 'too slow' });
  });

  test('ends at once when it is asked again', async () => {
    const { asked, run, job } = await claimedLab();
    const again = new AbortController();
    const ending = run(
      async (params) => {
        asked.abort();
        const result = await untilStopped(params);
        expect(params.giveUp.aborted).toBe(false);
        again.abort();
        expect(params.giveUp.aborted).toBe(true);
        return result;
      },
      { askedAgain: again.signal },
    );
    expect(await ending).toBe('dead');
    expect(await job()).toMatchObject({
      status: 'dead',
      actor: 'runner',
      failureReason: expect.stringMatching(/^killed: /),
    });
  });

  test('is also told of a lease that was lost first', async () => {
    const { lab, attempt, run } = await claimedLab();
    const ending = run(async (params) => {
      const swept = { status: 'dead', failureReason: 'silent', actor: 'sweeper' } as const;
      await lab.jobs.finish(attempt, { ...swept, durationSeconds: null, nodesClean: false, now: 9 });
      expect(await aborted(params.giveUp)).toMatchObject({ kind: 'lease-lost' });
      return untilStopped(params);
    });
    expect(await ending).toBe('lost');
  });
});

describe('a store that fails', () => {
  const broken = async () => Promise.reject(new Error('disk is full'));

  test('for a while does not disturb the job', async () => {
    const { lab, run, job } = await claimedLab();
    let trouble = true;
    const renew: JobStore['renew'] = async (...args) => (trouble ? broken() : lab.jobs.renew(...args));
    const ending = run(
      async ({ signal }) => {
        await vi.waitFor(() => expect(lab.log.lines).toContainEqual(expect.stringContaining('trying again')));
        trouble = false;
        await sleep(20);
        expect(signal.aborted).toBe(false);
        return passed;
      },
      { jobs: { ...lab.jobs, renew } },
    );
    expect(await ending).toBe('pass');
    expect(await job()).toMatchObject({ status: 'pass' });
  });

  test('until the lease is over stops the job', async () => {
    const { lab, run } = await claimedLab();
    const ending = run(
      async (params) => {
        lab.clock.time += 61_000;
        return untilStopped(params);
      },
      { jobs: { ...lab.jobs, renew: broken } },
    );
    expect(await ending).toBe('lost');
  });

  test('to take the outcome is asked again', async () => {
    const { lab, run, job } = await claimedLab();
    const finish = vi
      .fn<JobStore['finish']>(lab.jobs.finish)
      .mockRejectedValueOnce(new Error('disk is full'));
    expect(await run(async () => failed, { jobs: { ...lab.jobs, finish } })).toBe('fail');
    expect(await job()).toMatchObject({ status: 'fail', failureReason: 'it broke' });
  });
});

test('a runner that fails itself makes the job dead, with the reason', async () => {
  const { lab, run, job } = await claimedLab();
  expect(await run(async () => Promise.reject(new Error('no such module')))).toBe('dead');
  expect(await job()).toMatchObject({ status: 'dead', failureReason: 'the runner failed: no such module' });
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'dirty' });
});

test('unlock_on_failure: false keeps the nodes of a failed job for its owner, and of no other', async () => {
  const keep = pyYaml.parse('unlock_on_failure: false') as YamlMap;
  const kept = await claimedLab();
  await kept.run(async () => ({ ...failed, config: keep }));
  const node = await kept.lab.nodes.get('a');
  expect(node?.lock).toMatchObject({
    owner: 'tester@here',
    job: null,
    leaseUntil: kept.lab.clock.time + 3_600_000,
  });
  const good = await claimedLab();
  await good.run(async () => ({ ...passed, config: keep }));
  expect(await good.lab.nodes.get('a')).toMatchObject({ state: 'free' });
});

test('the configuration that a job runs with names its nodes so that it can be run again by hand', async () => {
  const { lab, job } = await claimedLab();
  const record = await job();
  await lab.nodes.register(
    [
      nodeSpec('near', { address: '127.0.0.1', port: 2201, identityFile: '/lab/key' }),
      nodeSpec('far.example', { address: 'far.example', user: 'root' }),
    ],
    1,
  );
  const nodes = (await lab.nodes.list()).filter((node) => node.name !== 'a');
  if (record === null) throw new Error('the job is gone');
  const config = configOfRecord(pyYaml, { record, nodes, archivePath: '/archive/r/1' });
  expect(toPlain(config.get('targets') ?? null)).toEqual({
    'root@far.example': 'ssh-ed25519 AAAA',
    'ubuntu@near': { address: '127.0.0.1', port: 2201, key: 'ssh-ed25519 AAAA', identity: '/lab/key' },
  });
  expect(parseTargets(toPlain(config.get('targets') ?? null))).toMatchObject([
    { name: 'root@far.example', port: 22, hostKey: 'ssh-ed25519 AAAA' },
    { name: 'ubuntu@near', address: '127.0.0.1', port: 2201, identityFile: '/lab/key' },
  ]);
  expect(config.get('job_id')).toBe(String(record.jobId));
});
