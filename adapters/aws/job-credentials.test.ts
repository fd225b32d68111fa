import { expect, test } from 'vitest';
import { folderPolicy } from './job-credentials.ts';
import type { SessionPolicy } from './job-credentials.ts';

/** Whether a policy allows an act, as IAM reads it: `*` and `?` are wild, `${*}` and its like are not. */
function allows({ Statement }: SessionPolicy, action: string, resource: string): boolean {
  return Statement.some(({ Action, Resource }) => {
    const pattern = Resource.replaceAll(/\$\{([*?$])\}|([*?])|([^\w/-])/g, (_, plain, wild, other) => {
      if (wild !== undefined) return wild === '*' ? '.*' : '.';
      return `\\${plain ?? other}`;
    });
    return Action.includes(action) && new RegExp(`^${pattern}$`).test(resource);
  });
}

test('the archive is open to a runner in the folder of its job, and nowhere else', () => {
  const policy = folderPolicy('logs', 'r/7');
  const may = (action: string, path: string) => allows(policy, action, `arn:aws:s3:::logs${path}`);
  for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) {
    expect(may(action, '/r/7/teuthology.log.loligo-parts/1')).toBe(true);
    for (const other of ['/r/70/a', '/r/8/a', '/r/junit.xml', '/s/7/a', '/r/7', ''])
      expect(may(action, other)).toBe(false);
    expect(allows(policy, action, 'arn:aws:s3:::logs-of-others/r/7/a')).toBe(false);
  }
  expect(may('s3:ListBucket', '')).toBe(true);
  expect(may('s3:PutObjectAcl', '/r/7/a')).toBe(false);
});

test('a run whose name has wild characters is no key to the runs of others', () => {
  const policy = folderPolicy('logs', '*/?7$');
  const may = (path: string) => allows(policy, 's3:PutObject', `arn:aws:s3:::logs/${path}`);
  expect(may('*/?7$/a')).toBe(true);
  expect(may('other/17$/a')).toBe(false);
});
