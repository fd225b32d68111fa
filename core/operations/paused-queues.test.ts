import { describe, expect, test } from 'vitest';
import { job, node } from '../../test/fixtures/plan-input.ts';
import { everyQueue } from '../ports/pauses.ts';
import type { Pause } from '../ports/pauses.ts';
import { planAround } from './paused-queues.ts';

const pause = (machineType: string): Pause => {
  return { machineType, by: 'ann@lab', reason: 'new images', since: 0, until: 60_000 };
};
const nodes = [node('a1', { machineType: 'a' }), node('b1', { machineType: 'b' })];
const planned = (pauses: readonly Pause[], jobs: ReturnType<typeof job>[]) =>
  planAround(pauses, { now: 0, jobs, nodes, running: [], slots: null });

describe('a plan around paused queues', () => {
  test('starts the jobs of other queues, past those that are stopped', () => {
    const { claims, waiting } = planned(
      [pause('a')],
      [job(1, { machineType: 'a' }), job(2, { machineType: 'b' })],
    );
    expect(claims).toEqual([{ run: 'r', jobId: 2, nodes: ['b1'] }]);
    expect(waiting).toMatchObject([
      {
        jobId: 1,
        kind: 'paused',
        reason: 'the queue of a is paused by ann@lab until 1970-01-01T00:01:00Z: new images',
      },
    ]);
  });

  test('gives a job that accepts several types what is not paused', () => {
    const { claims } = planned([pause('a')], [job(1, { machineType: 'a,b' })]);
    expect(claims).toEqual([{ run: 'r', jobId: 1, nodes: ['b1'] }]);
  });

  test('a job that only the paused nodes can serve waits for the pause, one that nobody can serve is told that', () => {
    const { waiting } = planned(
      [pause('a')],
      [job(1, { machineType: 'a,b', nodeCount: 2 }), job(2, { machineType: 'b', nodeCount: 2 })],
    );
    expect(waiting.map(({ jobId, kind }) => [jobId, kind])).toEqual([
      [1, 'paused'],
      [2, 'impossible'],
    ]);
  });

  test('stops everything, in queue order', () => {
    const jobs = [job(1, { machineType: 'a', priority: 9 }), job(2, { machineType: 'b', priority: 1 })];
    const { claims, waiting } = planned([pause(everyQueue)], jobs);
    expect(claims).toEqual([]);
    expect(waiting.map(({ jobId }) => jobId)).toEqual([2, 1]);
    expect(waiting[0]?.reason).toContain('every queue is paused');
  });
});
