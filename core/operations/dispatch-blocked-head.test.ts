import { expect, test } from 'vitest';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../../test/fixtures/lab-records.ts';
import { dispatch } from './dispatch.ts';

/**
 * The situation of ceph/teuthology#2258: one job that cannot be served stands at the head, 257 that can stand behind it, and 176
 * machines are free. There the queue stood still for 95 minutes.
 */
test('an impossible job at the head holds up none of 257 others: all start within 10 s of lab time', async () => {
  const lab = fakeLab();
  const machines = Array.from({ length: 176 }, (_, i) => nodeSpec(`n${i}`));
  await lab.nodes.register(machines, 1);
  await lab.jobs.createRun(newRun('r'));
  const impossible = newJob('head', { nodeCount: 2, osType: 'rhel', priority: 1 });
  const others = Array.from({ length: 257 }, (_, i) => newJob(`${i}`, { priority: 100 }));
  const [head = 0, ...ids] = await lab.jobs.enqueue({ run: 'r', jobs: [impossible, ...others], now: 2 });
  const submittedAt = lab.clock.time;
  const startedAt = new Map<number, number>();
  const jobMs = 4000;
  for (let ended = 0; lab.clock.time <= submittedAt + 10_000; lab.clock.time += 1000) {
    const runs = lab.launcher.launched;
    for (; ended < runs.length; ended++) {
      const { attempt } = runs[ended] ?? { attempt: { run: 'r', jobId: 0, fence: 0 } };
      if (lab.clock.time < (startedAt.get(attempt.jobId) ?? Infinity) + jobMs) break;
      await lab.jobs.finish(attempt, {
        status: 'pass',
        failureReason: null,
        actor: 'runner',
        durationSeconds: jobMs / 1000,
        nodesClean: true,
        now: lab.clock.time,
      });
    }
    const result = await dispatch(lab, { maxRunners: null });
    for (const { attempt } of runs) {
      if (!startedAt.has(attempt.jobId)) startedAt.set(attempt.jobId, lab.clock.time);
    }
    expect(result.waiting).toContainEqual(expect.objectContaining({ jobId: head, kind: 'impossible' }));
    if (startedAt.size < machines.length) throw new Error('machines stand idle at the first pass');
  }
  expect([...startedAt.keys()].sort((a, b) => a - b)).toEqual(ids);
});
