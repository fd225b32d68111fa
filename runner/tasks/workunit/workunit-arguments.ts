import { withOverrides } from '../../../core/config/overrides.ts';
import type { JobDocument, PlainValue } from '../../engine/task.ts';
import { argument, required, taskArguments } from '../args.ts';
import type { ArgumentValues } from '../args.ts';
import { flag, map, optional, text } from '../argument-kinds.ts';
import type { ArgumentKind } from '../argument-kinds.ts';
import { isConfigMap } from '../task-config.ts';

/** A branch, tag or hash. YAML makes a number of a hash of digits only. */
const revision: ArgumentKind<string> = {
  name: 'a string',
  read: (value) => (typeof value === 'number' ? String(value) : value === '' ? undefined : text.read(value)),
};

/** What `timeout` takes: `3h`, `90m`, `30`; 0 is none. */
const duration: ArgumentKind<string> = {
  name: 'a duration such as 3h, 90m or 30',
  read(value) {
    const written = typeof value === 'number' ? String(value) : value;
    return typeof written === 'string' && /^\d+(?:\.\d+)?[smhd]?$/.test(written) ? written : undefined;
  },
};

const table = {
  clients: required({ usage: 'roles and lists of what to run for them; `all` is every client', kind: map }),
  suite_sha1: argument({
    usage: 'which commit; the first of these that is given counts',
    kind: optional(revision),
    fallback: null,
  }),
  suite_branch: argument({ usage: 'which branch', kind: optional(revision), fallback: null }),
  sha1: argument({ usage: 'which commit', kind: optional(revision), fallback: null }),
  tag: argument({ usage: 'which tag', kind: optional(revision), fallback: null }),
  branch: argument({ usage: 'which branch', kind: optional(revision), fallback: null }),
  repo: argument({
    usage: "a git repository, or a folder; the job's `suite_repo`, else the tree at `suite_path`",
    kind: optional(text),
    fallback: null,
  }),
  basedir: argument({ usage: 'where the workunits are in it', kind: text, fallback: 'qa/workunits' }),
  env: argument({ usage: 'more variables of their environment', kind: map, fallback: {} }),
  timeout: argument({
    usage: 'after which one is ended, with status 124; 0 is never',
    kind: duration,
    fallback: '3h',
  }),
  subdir: argument({
    usage: 'to run in, below the mount point; default `client.ID`',
    kind: optional(text),
    fallback: null,
  }),
  cleanup: argument({
    usage: 'whether to remove the scratch directory after each',
    kind: flag,
    fallback: true,
  }),
  no_coverage_and_limits: argument({
    usage: 'taken and not used: no workunit has a wrapper for those',
    kind: flag,
    fallback: false,
  }),
};

/** The keys of `workunit`. */
export const workunitArguments = taskArguments('workunit', table);

export type WorkunitConfig = ArgumentValues<typeof table>;

const revisions = ['suite_sha1', 'suite_branch', 'sha1', 'tag', 'branch'] as const;

/** The config with its overrides; when the task names any revision itself, those of the overrides do not count. */
export function readWorkunit(job: JobDocument, config: PlainValue): WorkunitConfig {
  const named =
    isConfigMap(config) && revisions.some((key) => config[key] !== undefined && config[key] !== null);
  const merged = withOverrides(job, 'workunit', config);
  if (!named || !isConfigMap(merged) || !isConfigMap(config)) return workunitArguments.read(merged);
  const own = Object.fromEntries(revisions.map((key) => [key, config[key] ?? null]));
  return workunitArguments.read({ ...merged, ...own });
}

/** The revision that a config means. */
export function revisionOf(config: WorkunitConfig): string {
  return revisions.map((key) => config[key]).find((value) => value !== null) ?? 'HEAD';
}
