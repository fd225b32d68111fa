import { expect, test } from 'vitest';
import { newJob } from '../../test/fixtures/lab-records.ts';
import { jobOf } from './job-items.ts';

test('a job that was stored before jobs could ask for nodes that differ asks for none', () => {
  const { roleWishes: _, ...stored } = newJob('k');
  const item = { job: stored } as unknown as Parameters<typeof jobOf>[0];
  expect(jobOf(item)).toEqual(newJob('k'));
  const wishes = [{ role: 'mon', machineType: 'box', osType: null, osVersion: null, arch: null }];
  expect(jobOf({ job: { ...item.job, roleWishes: wishes } }).roleWishes).toEqual(wishes);
});
