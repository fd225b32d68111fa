import { expect, test } from 'vitest';
import type { ResultJob } from './result-job.ts';
import { resultsMail } from './results-mail.ts';

const run = {
  name: 'ann-2026-01-02_03:04:05-rados-main-distro-default-alpha',
  suite: 'rados',
  submittedAt: 0,
  infoUrl: 'http://ui/ann/',
  logUrl: 'http://logs/ann/',
};
const job = (jobId: number, status: string, more: Partial<ResultJob> = {}): ResultJob => ({
  jobId,
  status,
  description: `rados/{a${jobId}}`,
  durationSeconds: 1867,
  failureReason: null,
  infoUrl: `http://ui/ann/${jobId}/`,
  logUrl: `http://logs/ann/${jobId}/`,
  ...more,
});

test('has the original layout: sections in their order, ids as text, reasons wrapped', () => {
  const failureReason =
    'Command failed on alpha01 with status 1: "sudo rados bench 10 write --no-cleanup && verylongword"';
  const jobs = [
    job(9, 'pass'),
    job(10, 'pass'),
    job(123, 'fail', { failureReason }),
    job(124, 'dead', { logUrl: null }),
    job(5, 'queued', { durationSeconds: null }),
  ];
  const { subject, text } = resultsMail(run, jobs);
  expect(subject).toBe(`1 fail, 1 dead, 1 queued, 2 pass in ${run.name}`);
  const double = '='.repeat(65);
  expect(text).toBe(`Test Run: ${run.name}
${double}
info:    http://ui/ann/
logs:    http://logs/ann/
failed:  1
dead:    1
running: 0
waiting: 0
queued:  1
passed:  2


Fail
${double}
[123]  rados/{a123}
${'-'.repeat(65)}
time:   00:31:07
info:   http://ui/ann/123/
log:    http://logs/ann/123/

    Command failed on alpha01 with status 1: "sudo rados bench 10 write
    --no-cleanup && verylongword"


Dead
${double}
[124]  rados/{a124}
${'-'.repeat(65)}
time:   00:31:07
info:   http://ui/ann/124/


Queued
${double}
[5]  rados/{a5}
info:   http://ui/ann/5/


Pass
${double}
[10]  rados/{a10}
time:   00:31:07
info:   http://ui/ann/10/

[9]  rados/{a9}
time:   00:31:07
info:   http://ui/ann/9/
`);
});

test('a status that nobody knows is shown like any other', () => {
  const { subject, text } = resultsMail(run, [job(1, 'unknown'), job(2, 'pass')]);
  expect(subject).toBe(`1 pass, 1 unknown in ${run.name}`);
  expect(text).toContain('\nUnknown\n');
  expect(text).toContain('\nunknown: 1\n');
});

test('a run without jobs has a mail too', () => {
  expect(resultsMail(run, []).subject).toBe(`no jobs in ${run.name}`);
});
