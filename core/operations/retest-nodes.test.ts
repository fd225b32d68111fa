import { expect, test } from 'vitest';
import type { NodeFinding } from '../ports/node-evidence.ts';
import type { Provider } from '../ports/provider.ts';
import { fakeLab, fakeProvider } from '../../test/fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../../test/fixtures/lab-records.ts';
import { createCleaner } from './clean-nodes.ts';
import { markDown, markUp } from './mark-nodes.ts';
import { retestNodes } from './retest-nodes.ts';

const minute = 60_000;
const alice = { name: 'alice@lab', operator: true };

/** A lab with one node, and jobs that say what they found out about it. */
async function labOfOne(clean: Provider['clean'] | null = async () => ({})) {
  const lab = fakeLab([fakeProvider('shelf', clean)]);
  const { clock, jobs } = lab;
  await lab.nodes.register([nodeSpec('a')], clock.time);
  await jobs.createRun(newRun('r'));
  const cleaner = createCleaner(lab, { sole: true });
  let count = 0;
  return {
    lab,
    node: () => lab.nodes.get('a'),
    /** A pass of everything that looks after nodes. */
    async care() {
      await retestNodes(lab);
      await cleaner.pass();
      await cleaner.idle();
    },
    /** A job takes the node, says something about it, and is over. */
    async job(finding: NodeFinding) {
      const now = clock.time;
      const [jobId = 0] = await jobs.enqueue({ run: 'r', jobs: [newJob(`k${++count}`)], now });
      const claim = await jobs.claim({ run: 'r', jobId, nodes: ['a'], leaseUntil: now + minute, now });
      if (claim.kind === 'refused') throw new Error(claim.reason);
      await lab.evidence.report(claim.attempt, [finding], now);
      const failureReason = 'lost a';
      const outcome = { status: 'dead', failureReason, actor: 'runner', durationSeconds: 1, now } as const;
      await jobs.finish(claim.attempt, { ...outcome, nodesClean: finding.kind === 'works' });
    },
  };
}

const failure = { node: 'a', kind: 'failure', reason: 'no answer' } as const;
const works = { node: 'a', kind: 'works' } as const;

test('two jobs in a row that lose a node put it into quarantine, and a job that it serves between them does not', async () => {
  const { node, care, job } = await labOfOne();
  await job(failure);
  await care();
  expect(await node()).toMatchObject({ state: 'free' });
  await job(works);
  await job(failure);
  await care();
  expect(await node()).toMatchObject({ state: 'free' });
  await job(failure);
  await care();
  expect(await node()).toMatchObject({
    state: 'quarantined',
    markedBy: 'cleaner',
    reason: expect.stringMatching(/^failed 2 jobs in a row: r\/4: no answer; r\/3: no answer$/),
  });
});

test('one certain sign is enough', async () => {
  const { node, care, job } = await labOfOne();
  await job({ node: 'a', kind: 'certain', reason: 'its disk is full' });
  await care();
  expect(await node()).toMatchObject({ state: 'quarantined', reason: 'its disk is full (r/1)' });
});

test('a quarantined node is tried again after growing pauses, and is free when it can be cleaned', async () => {
  let broken = true;
  const { lab, node, care } = await labOfOne(async () => {
    if (broken) throw new Error(`no answer at ${lab.clock.time}`);
    return {};
  });
  await lab.nodes.mark({ name: 'a', state: 'dirty', reason: 'used', by: 'r', now: lab.clock.time });
  await care();
  expect(await node()).toMatchObject({ state: 'quarantined', reason: expect.stringContaining('no answer') });
  for (const pause of [5, 10, 20]) {
    const before = await node();
    lab.clock.time += pause * minute - 1;
    await care();
    expect(await node()).toEqual(before);
    lab.clock.time += 1;
    await care();
    expect(await node()).toMatchObject({ state: 'quarantined', reason: `no answer at ${lab.clock.time}` });
  }
  broken = false;
  lab.clock.time += 40 * minute;
  await care();
  expect(await node()).toMatchObject({ state: 'free', reason: null, markedBy: null });
});

test('a node that fails its first job after a retest goes straight back, for longer', async () => {
  const { lab, node, care, job } = await labOfOne();
  await job(failure);
  await care();
  await job(failure);
  await care();
  lab.clock.time += 5 * minute;
  await care();
  expect(await node()).toMatchObject({ state: 'free' });
  await job(failure);
  await care();
  expect(await node()).toMatchObject({ state: 'quarantined' });
  lab.clock.time += 5 * minute;
  await care();
  expect(await node()).toMatchObject({ state: 'quarantined' });
  lab.clock.time += 5 * minute;
  await care();
  expect(await node()).toMatchObject({ state: 'free' });
});

test('what people marked waits for people, and their word clears the record', async () => {
  const { lab, node, care, job } = await labOfOne();
  await job(failure);
  await care();
  await job(failure);
  await care();
  await markDown(lab, { node: 'a', actor: alice, reason: 'waiting for a new disk' });
  lab.clock.time += 1000 * minute;
  await care();
  expect(await node()).toMatchObject({ state: 'quarantined', markedBy: 'alice@lab' });
  await markUp(lab, { node: 'a', actor: alice, reason: 'new disk' });
  await care();
  expect(await node()).toMatchObject({ state: 'free' });
  expect(await lab.evidence.about('a')).toEqual([]);
});

test('a node that nobody can clean is not tried again', async () => {
  const { lab, node, care } = await labOfOne(null);
  await lab.nodes.mark({ name: 'a', state: 'dirty', reason: 'used', by: 'r', now: lab.clock.time });
  await care();
  lab.clock.time += 1000 * minute;
  await care();
  expect(await node()).toMatchObject({
    state: 'quarantined',
    reason: expect.stringContaining('cannot clean'),
  });
});
