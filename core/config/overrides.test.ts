import { expect, test } from 'vitest';
import { MergeConflictError } from './deep-merge.ts';
import { overridesFor, withInstallOverrides, withOverrides } from './overrides.ts';

const job = {
  overrides: {
    workunit: { branch: 'wip', env: { A: '1' }, clients: ['x'] },
    'ceph-fuse': { debug: true },
    install: {
      ceph: { branch: 'firefly' },
      samba: { branch: 'v4' },
      repos: [{ name: 'extra' }],
      extra_system_packages: { deb: ['jq'] },
    },
  },
};

test('an override wins over the task, and lists are appended', () => {
  expect(withOverrides(job, 'workunit', { branch: 'main', timeout: '3h', clients: ['y'] })).toEqual({
    branch: 'wip',
    timeout: '3h',
    clients: ['y', 'x'],
    env: { A: '1' },
  });
});

test('a task without overrides keeps its configuration', () => {
  const config = { a: 1 };
  expect(withOverrides(job, 'exec', config)).toBe(config);
  expect(withOverrides({}, 'exec', config)).toBe(config);
  expect(withOverrides({ overrides: null }, 'exec', null)).toBeNull();
});

test('an override alone is the configuration', () => {
  expect(withOverrides(job, 'ceph-fuse', null)).toEqual({ debug: true });
});

test('names that every object has are no overrides', () => {
  expect(overridesFor(job, 'constructor')).toBeNull();
  expect(overridesFor(job, '__proto__')).toBeNull();
});

test('an override of another kind is refused', () => {
  expect(() => withOverrides(job, 'workunit', ['a', 'list'])).toThrow(MergeConflictError);
});

test('install takes its overrides per project, and two keys whatever the project', () => {
  expect(withInstallOverrides(job, 'ceph', { branch: 'main' })).toEqual({
    branch: 'firefly',
    repos: [{ name: 'extra' }],
    extra_system_packages: { deb: ['jq'] },
  });
  expect(withInstallOverrides(job, 'samba', null)).toMatchObject({ branch: 'v4' });
  expect(
    withInstallOverrides({ overrides: { install: { ceph: { tag: 'v1' } } } }, 'samba', { a: 1 }),
  ).toEqual({ a: 1 });
});
