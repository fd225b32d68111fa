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

/** The environment that ansible-playbook gets on top of the caller's. */
export function playbookEnvironment(params: { repo: string; failureLog: string }): Record<string, string> {
  return {
    ANSIBLE_SSH_PIPELINING: '1',
    ANSIBLE_FAILURE_LOG: params.failureLog,
    ANSIBLE_ROLES_PATH: `${params.repo}/roles`,
    ANSIBLE_COLLECTIONS_PATH: params.repo,
    ANSIBLE_NOCOLOR: '1',
  };
}
