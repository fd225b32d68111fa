import { fileURLToPath } from 'node:url';
import type { ConfigMap } from './task-config.ts';

/** What one run of ansible-playbook is told. */
export interface PlaybookRun {
  readonly playbook: string; // a file
  readonly inventory: string; // a file or a folder
  readonly hosts: readonly string[]; // as the inventory names them
  readonly user: string;
  readonly vars: ConfigMap; // win over `user`
  readonly tags: readonly string[] | null;
  readonly skipTags: readonly string[] | null;
  readonly privateKey: string | null; // a file; null = the caller's default keys
}

/** The words after `ansible-playbook`. */
export function playbookArguments(run: PlaybookRun): string[] {
  const extraVars = { ansible_ssh_user: run.user, ...run.vars };
  return [
    '-v',
    '--extra-vars',
    JSON.stringify(extraVars),
    '-i',
    run.inventory,
    '--limit',
    run.hosts.join(','),
    ...(run.privateKey === null ? [] : ['--private-key', run.privateKey]),
    run.playbook,
    ...(run.tags === null ? [] : ['--tags', run.tags.join(',')]),
    ...(run.skipTags === null ? [] : ['--skip-tags', run.skipTags.join(',')]),
  ];
}

const plugins = fileURLToPath(new URL('../helpers/ansible', import.meta.url));

/**
 * The environment that Ansible's programs get on top of the caller's. Our plug-in notes failures where the repository's own does not, and what
 * the repository requires is installed below `folder`.
 */
export function playbookEnvironment(params: {
  repo: string;
  folder: string;
  failureLog: string;
}): Record<string, string> {
  const { repo, folder } = params;
  return {
    ANSIBLE_SSH_PIPELINING: '1',
    ANSIBLE_FAILURE_LOG: params.failureLog,
    ANSIBLE_CALLBACK_PLUGINS: `${repo}/callback_plugins:${plugins}`,
    ANSIBLE_ROLES_PATH: `${folder}/roles:${repo}/roles`,
    ANSIBLE_COLLECTIONS_PATH: `${folder}/collections:${repo}`,
    ANSIBLE_NOCOLOR: '1',
  };
}
