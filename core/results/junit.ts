import type { ResultJob, ResultRun } from './result-job.ts';
import { xmlElement } from './xml.ts';

/**
 * A run as JUnit XML: one suite, one case for each job, in the order given. A failed test is a `failure`, a job that the lab or its
 * machines ended an `error`, one that is not over `skipped`. Characters that XML cannot hold are left out.
 */
export function junitXml(run: ResultRun, jobs: readonly ResultJob[]): string {
  const count = (status: string) => jobs.filter((job) => job.status === status).length;
  const unfinished = jobs.filter((job) => !['pass', 'fail', 'dead'].includes(job.status)).length;
  const totals = {
    tests: jobs.length,
    failures: count('fail'),
    errors: count('dead'),
    skipped: unfinished,
    time: seconds(jobs.reduce((sum, job) => sum + (job.durationSeconds ?? 0), 0)),
  };
  const timestamp = new Date(run.submittedAt).toISOString().slice(0, 19);
  const cases = jobs.map((job) => testCase(run, job));
  const suite = xmlElement('testsuite', { name: run.name, ...totals, timestamp }, cases);
  const { skipped: _, ...above } = totals;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlElement('testsuites', { name: run.name, ...above }, [suite])}\n`;
}

function testCase(run: ResultRun, job: ResultJob): string {
  const attributes = {
    name: `${job.jobId} ${job.description}`.trimEnd(),
    classname: run.suite === '' ? run.name : run.suite,
    time: job.durationSeconds === null ? null : seconds(job.durationSeconds),
  };
  const log = job.logUrl === null ? [] : [xmlElement('system-out', {}, job.logUrl)];
  return xmlElement('testcase', attributes, [...verdict(job), ...log]);
}

function verdict(job: ResultJob): string[] {
  if (job.status === 'pass') return [];
  const reason = job.failureReason ?? '';
  if (job.status === 'fail' || job.status === 'dead') {
    const message = reason.split('\n', 1)[0] ?? '';
    return [xmlElement(job.status === 'fail' ? 'failure' : 'error', { message, type: job.status }, reason)];
  }
  return [xmlElement('skipped', { message: job.status })];
}

function seconds(length: number): string {
  return length.toFixed(3);
}
