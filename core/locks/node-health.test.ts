import { describe, expect, test } from 'vitest';
import type { EvidenceEntry } from '../ports/node-evidence.ts';
import { nodeVerdict, retestPauseMs } from './node-health.ts';

const failure = (jobId: number, reason = 'no answer'): EvidenceEntry => {
  return { kind: 'failure', at: jobId, reason, run: 'r', jobId };
};
const certain: EvidenceEntry = { kind: 'certain', at: 1, reason: 'disk is full', run: 'r', jobId: 7 };
const quarantined: EvidenceEntry = { kind: 'quarantined', at: 1, reason: 'it was bad' };
const sound = { kind: 'sound' };

describe('a node is broken', () => {
  test('by failures in a row of two different jobs, which are named', () => {
    expect(nodeVerdict([failure(2, 'reset'), failure(1)])).toEqual({
      kind: 'broken',
      reason: 'failed 2 jobs in a row: r/2: reset; r/1: no answer',
    });
  });
  test('by one certain sign', () => {
    expect(nodeVerdict([certain])).toEqual({ kind: 'broken', reason: 'disk is full (r/7)' });
    expect(nodeVerdict([failure(9), certain])).toMatchObject({ kind: 'broken' });
  });
  test('by one more failure after a retest', () => {
    expect(nodeVerdict([failure(3), quarantined, failure(2), failure(1)])).toMatchObject({
      kind: 'broken',
      reason: expect.stringMatching(/^failed 3 jobs in a row: r\/3/),
    });
  });
});

describe('a node is sound', () => {
  test.each([
    ['without a record', []],
    ['after one failure', [failure(1)]],
    ['when one job failed on it several times', [failure(1), failure(1)]],
    ['when it has been judged for all of it', [quarantined, failure(2), failure(1)]],
    ['when it was judged for a certain sign', [quarantined, certain]],
    ['when one failure follows on a cleaning that failed', [failure(1), quarantined]],
  ] satisfies [string, EvidenceEntry[]][])('%s', (_, record) => {
    expect(nodeVerdict(record)).toEqual(sound);
  });
});

test('the pause before a retest doubles with each quarantine, up to six hours', () => {
  const minutes = [1, 2, 3, 4, 20].map(
    (times) => retestPauseMs([failure(1), ...Array.from({ length: times }, () => quarantined)]) / 60_000,
  );
  expect(minutes).toEqual([5, 10, 20, 40, 360]);
  expect(retestPauseMs([])).toBe(5 * 60_000);
});
