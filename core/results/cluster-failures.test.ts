import { describe, expect, test } from 'vitest';
import { lastBacktrace } from './backtrace.ts';
import { clusterFailures } from './cluster-failures.ts';
import type { FailedJob } from './cluster-failures.ts';
import { descriptionFragments } from './description-fragments.ts';
import { scrapeText } from './scrape-text.ts';
import { comparableWords, similarity } from './similarity.ts';

const job = (jobId: number, failureReason: string | null, more: Partial<FailedJob> = {}): FailedJob => ({
  jobId,
  status: 'fail',
  description: `rados/{base objects/${jobId % 2 === 0 ? 'even' : 'odd'}}`,
  failureReason,
  backtrace: null,
  ...more,
});
const idsOf = (jobs: readonly FailedJob[]) => clusterFailures(jobs).map((cluster) => cluster.jobIds);

describe('failures are clustered', () => {
  test('by reasons that differ only in numbers and names, the largest group first', () => {
    const jobs = [
      job(1, 'timeout expired in wait_for_all_osds_up'),
      job(2, "Command failed on alpha01 with status 1: 'sudo ceph osd dump 17'"),
      job(3, "Command failed on alpha93 with status 1: 'sudo ceph osd dump 4'"),
    ];
    expect(idsOf(jobs)).toEqual([[2, 3], [1]]);
  });

  test('workunits by their name, however alike the rest is', () => {
    const reason = (name: string) =>
      `Command failed (workunit test ${name}) on alpha01 with status 1: 'mkdir -p -- /home/ubuntu/cephtest/mnt'`;
    expect(
      idsOf([job(1, reason('rados/a.sh')), job(2, reason('rados/b.sh')), job(3, reason('rados/a.sh'))]),
    ).toEqual([[1, 3], [2]]);
  });

  test('by backtrace before reason', () => {
    const trace = 'Traceback\n  File one line 1\n  File two line 2\nKeyError';
    const jobs = [
      job(1, 'one thing', { backtrace: trace }),
      job(2, 'quite another matter', { backtrace: trace.replace('line 2', 'line 9') }),
      job(3, 'one thing', { backtrace: 'Traceback in entirely foreign places of which nothing is shared' }),
    ];
    expect(idsOf(jobs)).toEqual([[1, 2], [3]]);
  });

  test('never a failed test with a failed lab', () => {
    expect(idsOf([job(1, 'the same reason'), job(2, 'the same reason', { status: 'dead' })])).toEqual([
      [1],
      [2],
    ]);
  });

  test('with the fragments that all and any of the jobs have', () => {
    const [cluster] = clusterFailures([job(1, 'x'), job(2, 'x')]);
    expect(cluster?.commonFragments).toEqual(['rados/base']);
    expect(cluster?.allFragments).toEqual(['rados/base', 'rados/objects/even', 'rados/objects/odd']);
  });
});

test('similarity is 1 for equals, 0 for strangers, and does not see numbers', () => {
  const of = (one: string, other: string) => similarity(comparableWords(one), comparableWords(other));
  expect(of('a b c d', 'a b c d')).toBe(1);
  expect(of('a b c d', 'e f g h')).toBe(0);
  expect(of('a b c d', 'a b x y')).toBe(0.5);
  expect(of('osd.3 died at 0xdeadbeef', 'osd.17 died at 0xcafe')).toBe(1);
});

test('fragments of a description are paths', () => {
  expect(descriptionFragments('rados/{a b/{c d} e}')).toEqual([
    'rados/a',
    'rados/b/c',
    'rados/b/d',
    'rados/e',
  ]);
  expect(descriptionFragments('just words')).toEqual(['just', 'words']);
  expect(descriptionFragments('')).toEqual([]);
});

test('the last backtrace of a log comes without the prefixes of its lines', () => {
  const log = [
    '2026-01-02T03:04:05.678 INFO:tasks.x.alpha01.stderr:Traceback (most recent call last):',
    '2026-01-02T03:04:05.678 INFO:tasks.x.alpha01.stderr:  File "a.py", line 3, in f',
    '2026-01-02T03:04:05.678 INFO:tasks.x.alpha01.stderr:KeyError: 7',
    '2026-01-02T03:04:05.679 INFO:tasks.x:on we go',
  ].join('\n');
  expect(lastBacktrace(log)).toBe(
    'Traceback (most recent call last):\n  File "a.py", line 3, in f\nKeyError: 7',
  );
  expect(lastBacktrace('nothing\nhere')).toBeNull();
});

test('scrape.log counts long lists and names short ones', () => {
  const many = Array.from({ length: 30 }, (_, index) => job(index, 'core dumped'));
  const text = scrapeText(99, clusterFailures([...many, job(31, 'other words entirely here')]));
  expect(text).toContain('Found 99 jobs\n2 distinct failure reasons\n\nCrash: core dumped\n30 jobs\n');
  expect(text).toContain('Failure: other words entirely here\n1 job: 31\n');
});
