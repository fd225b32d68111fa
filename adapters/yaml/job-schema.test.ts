import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { jobKeys, schedulerKeys } from '../../core/config/job-keys.ts';
import { jobJsonSchema, jobSchema } from './job-schema.ts';

const published = new URL('../../docs/job.schema.json', import.meta.url);

test('the schema in docs is the one that jobs are checked with; `loligo schema job > docs/job.schema.json` renews it', () => {
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(jobJsonSchema());
});

test('every key that is read has a type and a description', () => {
  const { properties } = jobJsonSchema() as { properties: Record<string, { description?: string }> };
  expect(Object.keys(properties).sort()).toEqual([...jobKeys, ...schedulerKeys].sort());
  const silent = Object.entries(properties).filter(([, { description }]) => (description ?? '') === '');
  expect(silent).toEqual([]);
});

test('no key is required, null means left out, and other keys are left alone', () => {
  expect(jobSchema.safeParse({}).success).toBe(true);
  expect(jobSchema.safeParse({ tasks: null, roles: null, priority: null }).success).toBe(true);
  expect(jobSchema.safeParse({ workload: [{ exec: null }] }).success).toBe(true);
});
