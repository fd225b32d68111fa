import { describe, expect, test } from 'vitest';
import { failureKind } from './failure-kind.ts';
import { junitXml } from './junit.ts';
import type { FinalStatus } from './job-state.ts';
import { resultsMail } from './results-mail.ts';
import { jobLine, runLine } from './run-summary.ts';
import { runStatus } from './run-status.ts';

const run = { name: 'r', suite: 'smoke', submittedAt: 0, infoUrl: null, logUrl: null };
const job = {
  jobId: 1,
  description: 'smoke/{a}',
  durationSeconds: 1,
  failureReason: 'it did not work',
  infoUrl: null,
  logUrl: null,
};
const nothing = { queued: 0, waiting: 0, running: 0, pass: 0, fail: 0, dead: 0 };
const counted = (status: FinalStatus) => ({ name: 'r', counts: { ...nothing, [status]: 1 }, closed: true });

/** Everything that a reader is told of a run of one job, by where it is told. */
const told: Readonly<Record<string, (status: FinalStatus) => string>> = {
  'the status of the run': (status) => runStatus(counted(status)),
  'the line of the run': (status) => runLine(counted(status)),
  'the line of the job': (status) => jobLine({ ...job, status }),
  'the subject of the mail': (status) => resultsMail(run, [{ ...job, status }]).subject,
  'the text of the mail': (status) => resultsMail(run, [{ ...job, status }]).text,
  'the JUnit file': (status) => junitXml(run, [{ ...job, status }]),
  'the kind of failure': (status) => failureKind({ status, failureReason: job.failureReason }),
};

/** Where a reader sees no difference between a test that failed and a lab that did. */
function mixedUp(seen: (status: FinalStatus) => FinalStatus): string[] {
  const names = Object.keys(told);
  return names.filter((name) => told[name]?.(seen('fail')) === told[name]?.(seen('dead')));
}

describe('L10: a job that is dead is told apart from one that failed', () => {
  test('wherever its verdict is told', () => {
    expect(mixedUp((status) => status)).toEqual([]);
  });

  test('and a lab that takes one for the other is seen everywhere', () => {
    expect(mixedUp((status) => (status === 'dead' ? 'fail' : status))).toEqual(Object.keys(told));
  });
});
