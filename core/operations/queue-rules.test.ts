import { describe, expect, test } from 'vitest';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../../test/fixtures/lab-records.ts';
import type { NewJob } from '../ports/job-store.ts';
import { usualRules } from '../scheduling/queue-rules.ts';
import { dispatch } from './dispatch.ts';
import { lockNodes } from './lock-nodes.ts';

/** Each option of a lab's queue, on the real dispatcher and the real stores. */

const hour = 3_600_000;

async function labWith(nodeNames: readonly string[]) {
  const lab = fakeLab();
  await lab.nodes.register(
    nodeNames.map((name) => nodeSpec(name)),
    1,
  );
  let key = 0;
  const submit = async (owner: string, jobs: readonly Partial<NewJob>[]): Promise<number[]> => {
    await lab.jobs.createRun(newRun(owner, { owner }));
    const made = jobs.map((changes) => newJob(`${(key += 1)}`, changes));
    return await lab.jobs.enqueue({ run: owner, jobs: made, now: lab.clock.time });
  };
  const start = async (index: number) => {
    const launched = lab.launcher.launched[index];
    if (launched === undefined) throw new Error(`only ${lab.launcher.launched.length} were launched`);
    await lab.jobs.start(launched.attempt, { runner: 'x', now: lab.clock.time });
    return launched;
  };
  /** Ends a job that was launched as number `index`, after some seconds of work. */
  const work = async (index: number, seconds: number) => {
    const launched = await start(index);
    lab.clock.time += seconds * 1000;
    const outcome = { status: 'pass', failureReason: null, actor: 'runner', durationSeconds: 1 } as const;
    await lab.jobs.finish(launched.attempt, { ...outcome, nodesClean: true, now: lab.clock.time });
  };
  const started = () => lab.launcher.launched.map(({ attempt }) => attempt.jobId);
  return { lab, submit, start, work, started };
}

describe('history', () => {
  test('a short job, known from earlier runs, overtakes a big one that waits, and the big one has its interval', async () => {
    const { lab, submit, start, work, started } = await labWith(['a', 'b']);
    const rounds = 3;
    const maxSeconds = 72 * 3600;
    for (let i = 0; i < rounds; i++) {
      await submit('old', [{ description: 's/{short}', maxSeconds }]);
      await dispatch(lab, { maxRunners: null });
      await work(2 * i, 100);
      await submit('old', [{ description: 's/{long}', maxSeconds }]);
      await dispatch(lab, { maxRunners: null });
      await work(2 * i + 1, 7200);
    }
    const [long = 0] = await submit('now', [{ description: 's/{long}', maxSeconds }]);
    await dispatch(lab, { maxRunners: null });
    const begun = lab.clock.time;
    await start(2 * rounds);
    lab.clock.time += 60_000;
    const [big = 0] = await submit('now', [{ nodeCount: 2, description: 's/{big}', maxSeconds }]);
    const [long2 = 0, short = 0] = await submit('now', [
      { description: 's/{long}', maxSeconds },
      { description: 's/{short}', maxSeconds },
    ]);
    const { waiting } = await dispatch(lab, { maxRunners: null });
    expect(started().slice(2 * rounds)).toEqual([long, short]);
    expect(waiting.map(({ jobId }) => jobId)).toEqual([big, long2]);
    expect(waiting[0]).toMatchObject({
      earliestAt: begun + 2 * hour,
      likelyAt: begun + 2.5 * hour + 5 * 60_000,
      latestAt: begun + 72 * hour + 5 * 60_000,
    });
  });
});

describe('reserve_machines', () => {
  const options = { maxRunners: null, rules: { ...usualRules, reserveMachines: 2 } };

  test('jobs leave nodes for people, who may lock them', async () => {
    const { lab, submit, started } = await labWith(['a', 'b', 'c']);
    const [first, second] = await submit('r', [{}, {}]);
    const { waiting } = await dispatch(lab, options);
    expect(started()).toEqual([first]);
    expect(waiting).toMatchObject([
      { jobId: second, reason: expect.stringContaining('2 of each type are left for people') },
    ]);
    const wish = { machineType: 'box', osType: null, osVersion: null, arch: null };
    const order = {
      lockId: 'l',
      wanted: { kind: 'some', count: 2, wish, roleWishes: null } as const,
      owner: null,
    };
    const actor = { name: 'bob', operator: false };
    const locked = await lockNodes(lab, { ...order, actor, description: null, leaseUntil: null });
    expect(locked.map(({ name }) => name)).toEqual(['b', 'c']);
  });
});

describe('owner_quota', () => {
  const rules = { ...usualRules, quota: { all: 2, byType: new Map() } };

  test('an owner has no more nodes than allowed, and his next job starts when one of his ends', async () => {
    const { lab, submit, work, started } = await labWith(['a', 'b', 'c', 'd']);
    const mine = await submit('alice', [{}, {}, {}]);
    const [theirs = 0] = await submit('bob', [{ nodeCount: 2 }]);
    const { waiting } = await dispatch(lab, { maxRunners: null, rules });
    expect(started()).toEqual([mine[0], mine[1], theirs]);
    expect(waiting).toMatchObject([
      {
        jobId: mine[2],
        kind: 'quota',
        reason: 'waits for the quota: alice has 2 of the 2 nodes that an owner may have, and it needs 1',
      },
    ]);
    await work(0, 10);
    await dispatch(lab, { maxRunners: null, rules });
    expect(started().at(-1)).toBe(mine[2]);
  });

  test('hundreds of jobs of an owner at his quota do not hide those of others behind them', async () => {
    const { lab, submit, started } = await labWith(['a', 'b', 'c']);
    await submit(
      'alice',
      Array.from({ length: 150 }, () => ({})),
    );
    const [theirs = 0] = await submit('bob', [{}]);
    await dispatch(lab, { maxRunners: null, rules, windowSize: 105 });
    expect(started()).toContain(theirs);
  });
});

describe('fair_share', () => {
  test('who has fewer nodes goes first', async () => {
    const { lab, submit, started } = await labWith(['a', 'b', 'c', 'd']);
    const alice = await submit('alice', [{}, {}, {}, {}]);
    const bob = await submit('bob', [{}, {}]);
    await dispatch(lab, { maxRunners: null, rules: { ...usualRules, fairShare: true } });
    expect(started()).toEqual([alice[0], bob[0], alice[1], bob[1]]);
  });
});
