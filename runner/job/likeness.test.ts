import { expect, test } from 'vitest';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import { fromPlain } from '../../core/config/yaml-value.ts';
import { likenessOf } from './likeness.ts';

const like = (job: object): string | null => likenessOf(fromPlain(job) as YamlMap);
const tasks = [{ install: { project: 'ceph' } }, { ceph: null }];

test('jobs that begin with the same installation are alike, whatever they do then', () => {
  expect(like({ tasks, name: 'a' })).toBe(like({ tasks: tasks.slice(0, 1), name: 'b' }));
  expect(like({ tasks })).not.toBe(like({ tasks: [{ install: { project: 'tool' } }] }));
  expect(like({ tasks })).not.toBe(like({ tasks, overrides: { install: { ceph: { branch: 'reef' } } } }));
});

test('a job that does something before its installation begins with no snapshot', () => {
  expect(like({ tasks: [{ exec: {} }, ...tasks] })).toBe(null);
  expect([like({}), like({ tasks: [] }), like({ tasks: ['install'] })]).toEqual([null, null, null]);
});
