import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { JobBench } from '../../test/fixtures/job-bench.ts';

describe('the key kernel of a job', () => {
  let bench: JobBench;
  beforeAll(async () => {
    bench = await startJobBench(1);
  });
  afterAll(() => bench.stop());

  test('ends the job before its tasks where a host cannot have that kernel', async () => {
    const { status, failureReason, lines } = await bench.run(
      'kernel: {branch: testing}\nroles: [[client.0]]\ntasks: [{print: too late}]',
    );
    expect([status, failureReason]).toEqual([
      'fail',
      "kernel: target1 is a sandbox node and has the kernel of its machine, so it cannot get 'branch: testing'; leave 'kernel' out, or say 'branch: distro'",
    ]);
    expect(lines.filter((line) => line.includes('task.print'))).toEqual([]);
  });

  test('leaves the kernel of suites that name none as it is', async () => {
    const { status } = await bench.run(
      'kernel: {branch: distro, kdb: 1, sha1: distro, flavor: default}\nroles: [[client.0]]\ntasks: []',
    );
    expect(status).toBe('pass');
  });

  test('is no task', async () => {
    const { failureReason } = await bench.run('roles: [[client.0]]\ntasks: [{kernel: null}]');
    expect(failureReason).toBe("tasks[0]: 'kernel' is a key of the job and no task");
  });
});
