import { argument, taskArguments } from './args.ts';
import type { ArgumentValues } from './args.ts';
import { either, flag, list, map, optional, text, texts } from './argument-kinds.ts';

const table = {
  playbook: argument({
    usage: 'a list of plays, a URL, or a path: in the repository, else in the current folder',
    kind: optional(either(text, list)),
    fallback: null,
  }),
  repo: argument({
    usage: 'a folder or a git URL; the current folder',
    kind: optional(text),
    fallback: null,
  }),
  branch: argument({ usage: 'of the git repository', kind: text, fallback: 'main' }),
  hosts: argument({
    usage: 'only these: roles, host names or short names; all hosts of the job',
    kind: optional(texts),
    fallback: null,
  }),
  inventory: argument({
    usage: 'an inventory; `/etc/ansible/hosts` if there is one, else one made of the hosts',
    kind: optional(text),
    fallback: null,
  }),
  tags: argument({ usage: 'only tasks with these tags', kind: optional(texts), fallback: null }),
  skip_tags: argument({ usage: 'no tasks with these tags', kind: optional(texts), fallback: null }),
  vars: argument({ usage: 'variables, which win over all others', kind: map, fallback: {} }),
  group_vars: argument({
    usage: 'variables of groups in the inventory that is made',
    kind: optional(map),
    fallback: null,
  }),
  cleanup: argument({ usage: 'run again with `cleanup: true` in the end', kind: flag, fallback: false }),
  reconnect: argument({ usage: 'connect anew to every host afterwards', kind: flag, fallback: true }),
};

/** The keys of `ansible` and `ansible.cephlab`. */
export const ansibleArguments = taskArguments('ansible', table);

export type AnsibleConfig = ArgumentValues<typeof table>;
