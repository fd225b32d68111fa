import { expect, test } from 'vitest';
import { runningLab } from '../../test/fixtures/running-lab.ts';
import { createSweeper } from './sweep.ts';

type RunningLab = Awaited<ReturnType<typeof runningLab>>;

/** What L6 promises, and how often the lab looks. */
const promisedMs = 90_000;
const sweepEveryMs = 5000;

/** Sweeps until the node of the job is given up, and says how long that took from now, or null when it took longer than is promised. */
async function msUntilGivenUp({ lab }: RunningLab, sweeper: RunningLab['sweeper']): Promise<number | null> {
  const died = lab.clock.time;
  while (lab.clock.time < died + promisedMs) {
    lab.clock.time += sweepEveryMs;
    await sweeper.sweep();
    if ((await lab.nodes.get('a'))?.state !== 'locked') return lab.clock.time - died;
  }
  return null;
}

async function renew({ lab, attempt }: RunningLab): Promise<void> {
  await lab.jobs.renew(attempt, { leaseUntil: lab.clock.time + 60_000, now: lab.clock.time });
}

/** Each way in which a runner can end without saying so; each has renewed its lease at that very moment. */
const deaths: [way: string, die: (running: RunningLab) => Promise<void>][] = [
  ['its process is gone', async ({ lab }) => lab.launcher.alive.clear()],
  ['it hangs and renews nothing', async () => {}],
  [
    'it is on a machine that nobody can ask',
    async ({ lab }) => {
      lab.launcher.isAlive = async () => Promise.reject(new Error('no route to host'));
    },
  ],
  [
    'it was asked to end and died of that',
    async ({ lab }) => {
      await lab.jobs.kill({ run: 'r', actor: 'alice', reason: 'no more', now: lab.clock.time });
      lab.launcher.alive.clear();
    },
  ],
  [
    'it was asked to end and hangs over that',
    async ({ lab }) => {
      await lab.jobs.kill({ run: 'r', actor: 'alice', reason: 'no more', now: lab.clock.time });
    },
  ],
];

test.each(deaths)('L6: the nodes of a runner are given up within 90 s when %s', async (_, die) => {
  const running = await runningLab();
  await renew(running);
  await die(running);
  expect(await msUntilGivenUp(running, running.sweeper)).not.toBeNull();
  expect(await running.lab.nodes.get('a')).toMatchObject({ state: 'dirty' });
  expect(await running.job()).toMatchObject({ status: 'dead', failureReason: expect.stringMatching(/./) });
});

test.each(deaths)('L6: so they are by a lab that starts at that moment, when %s', async (_, die) => {
  const running = await runningLab();
  await renew(running);
  await die(running);
  expect(await msUntilGivenUp(running, createSweeper(running.lab))).not.toBeNull();
});

test.each(deaths)('L6: so they are where the clock was set back by hours, when %s', async (_, die) => {
  const running = await runningLab();
  running.lab.clock.time -= 5 * 3_600_000;
  await renew(running);
  await die(running);
  expect(await msUntilGivenUp(running, running.sweeper)).not.toBeNull();
});

test.each([
  ['', 0],
  [', also where the clock was set back by hours', 5 * 3_600_000],
])('L6: the nodes of a runner that never starts are free again within 90 s%s', async (_, backMs) => {
  const running = await runningLab({ started: false });
  running.lab.clock.time -= backMs;
  await running.sweeper.sweep();
  expect(await msUntilGivenUp(running, running.sweeper)).not.toBeNull();
  expect(await running.lab.nodes.get('a')).toMatchObject({ state: 'free' });
});
