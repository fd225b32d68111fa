import { describe, expect, test } from 'vitest';
import { JobStoppedError } from './stop.ts';
import type { Summary } from './summary.ts';
import { createVerdict, statusOf } from './verdict.ts';
import type { Verdict } from './verdict.ts';

const lost = new Error('SSH connection to h was lost');

function judge(stopped: JobStoppedError | null = null): { summary: Summary; verdict: Verdict } {
  const summary: Summary = { owner: 'me', success: true };
  const verdict = createVerdict({
    summary,
    isTransportError: (error) => error === lost,
    stopped: () => stopped,
  });
  return { summary, verdict };
}

describe('the verdict', () => {
  test('a job without failures passes, with no status in its summary', () => {
    const { summary, verdict } = judge();
    expect(verdict.close()).toBe('pass');
    expect(summary).toEqual({ owner: 'me', success: true });
  });

  test('the first failure is the reason for good', () => {
    const { summary, verdict } = judge();
    verdict.taskFailed(new Error('first'));
    verdict.undoFailed(new Error('second'), 0);
    expect(verdict.close()).toBe('fail');
    expect(summary).toMatchObject({ success: false, status: 'fail', failure_reason: 'first' });
  });

  test('a reason that a task wrote itself stays', () => {
    const { summary, verdict } = judge();
    summary.failure_reason = 'the disk is on fire';
    verdict.taskFailed(new Error('Command failed'));
    expect(summary.failure_reason).toBe('the disk is on fire');
  });

  test('a lost host makes the job dead', () => {
    const { summary, verdict } = judge();
    verdict.taskFailed(lost);
    expect(summary).toMatchObject({ success: false, status: 'dead', failure_reason: lost.message });
  });

  test('a teardown error never turns dead into fail', () => {
    const { verdict } = judge();
    verdict.taskFailed(lost);
    verdict.undoFailed(new Error('rmdir'), 0);
    expect(verdict.close()).toBe('dead');
  });

  test('a host lost during the teardown makes a failed job dead, also from a nested list', () => {
    const { summary, verdict } = judge();
    verdict.taskFailed(new Error('test'));
    verdict.undoFailed(lost, 2);
    expect(verdict.close()).toBe('dead');
    expect(summary.failure_reason).toBe('test');
  });

  test('after a stop the stop is the reason, not what the tasks made of it', () => {
    const { summary, verdict } = judge(new JobStoppedError('timeout', 'hit max job timeout'));
    verdict.taskFailed(new Error('Command canceled'));
    expect(verdict.close()).toBe('dead');
    expect(summary.failure_reason).toBe('hit max job timeout');
  });

  test('a failure that was there before the stop stays the reason', () => {
    const { summary, verdict } = judge(new JobStoppedError('killed', 'killed'));
    const failure = new Error('a real bug');
    verdict.saw(failure);
    verdict.taskFailed(failure);
    expect(verdict.close()).toBe('fail');
    expect(summary.failure_reason).toBe('a real bug');
  });

  test('a stop that no task noticed still ends the job as dead', () => {
    const { summary, verdict } = judge(new JobStoppedError('killed', 'killed'));
    expect(verdict.close()).toBe('dead');
    expect(summary.failure_reason).toBe('killed');
  });

  test('an error outside of any task is a failure of the test', () => {
    const { verdict } = judge(new JobStoppedError('crashed', 'Uncaught exception: x'));
    expect(verdict.close()).toBe('fail');
  });

  test('a task that only sets the status leaves no job without a reason', () => {
    const { summary, verdict } = judge();
    summary.status = 'dead';
    expect(verdict.close()).toBe('dead');
    expect(summary.failure_reason).toContain('no task gave a reason');
  });

  test('the status of a summary without one is what success says', () => {
    expect(statusOf({ owner: 'me', success: false })).toBe('fail');
  });
});
