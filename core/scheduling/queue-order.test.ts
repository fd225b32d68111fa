import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inQueueOrder, queueOrder } from './queue-order.ts';

const someJobs = fc.uniqueArray(fc.record({ priority: fc.nat(3), jobId: fc.nat(50) }), {
  selector: (job) => job.jobId,
});

test('jobs are ordered by priority, then by age, whatever order they came in', () => {
  fc.assert(
    fc.property(someJobs, (jobs) => {
      const given = structuredClone(jobs);
      expect(queueOrder(jobs)).toEqual([...jobs].sort(inQueueOrder));
      expect(jobs).toEqual(given);
    }),
  );
});

test('a queue in order is not copied', () => {
  const jobs = [1, 2, 3].map((jobId) => ({ priority: 1, jobId }));
  expect(queueOrder(jobs)).toBe(jobs);
});
