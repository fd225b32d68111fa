import { expect, test } from 'vitest';
import { playbookArguments, playbookEnvironment } from './ansible-command.ts';
import type { PlaybookRun } from './ansible-command.ts';

const run: PlaybookRun = {
  playbook: '/repo/site.yml',
  inventory: '/tmp/inventory',
  hosts: ['host1.lab', 'host2.lab'],
  user: 'ubuntu',
  vars: {},
  tags: null,
  skipTags: null,
  privateKey: null,
};

test('a playbook is run on the hosts of the job and as their user', () => {
  expect(playbookArguments(run)).toEqual([
    '-v',
    '--extra-vars',
    '{"ansible_ssh_user":"ubuntu"}',
    '-i',
    '/tmp/inventory',
    '--limit',
    'host1.lab,host2.lab',
    '/repo/site.yml',
  ]);
});

test('tags, key and variables are handed on, and variables win over the user', () => {
  const words = playbookArguments({
    ...run,
    vars: { ansible_ssh_user: 'root', list: [1] },
    tags: ['users', 'repos'],
    skipTags: ['timezone'],
    privateKey: '/keys/id',
  });
  expect(words.slice(0, 3)).toEqual(['-v', '--extra-vars', '{"ansible_ssh_user":"root","list":[1]}']);
  expect(words.slice(7)).toEqual([
    '--private-key',
    '/keys/id',
    '/repo/site.yml',
    '--tags',
    'users,repos',
    '--skip-tags',
    'timezone',
  ]);
});

test('roles and collections come from the repository', () => {
  const params = { repo: '/repo', folder: '/tmp/run', failureLog: '/tmp/failures.yaml' };
  expect(playbookEnvironment(params)).toEqual({
    ANSIBLE_SSH_PIPELINING: '1',
    ANSIBLE_FAILURE_LOG: '/tmp/failures.yaml',
    ANSIBLE_CALLBACK_PLUGINS: expect.stringMatching(
      /^\/repo\/callback_plugins:\/.*\/runner\/helpers\/ansible$/,
    ),
    ANSIBLE_ROLES_PATH: '/tmp/run/roles:/repo/roles',
    ANSIBLE_COLLECTIONS_PATH: '/tmp/run/collections:/repo',
    ANSIBLE_NOCOLOR: '1',
  });
});
