import { InvalidArgumentError } from 'commander';
import { InputError } from '../client/failure.ts';

/** The options of `loligo lock`, as commander gives them. */
export interface LockOptions {
  readonly list: boolean;
  readonly brief: boolean;
  readonly listTargets: boolean;
  readonly lock: boolean;
  readonly unlock: boolean;
  readonly lockMany?: number;
  readonly update: boolean;
  readonly summary: boolean;
  readonly all: boolean;
  readonly owner?: string;
  readonly force: boolean;
  readonly clean: boolean;
  readonly desc?: string;
  readonly descPattern?: string;
  readonly machineType?: string;
  readonly status?: 'up' | 'down';
  readonly locked?: 'true' | 'false';
  readonly targets: readonly string[];
  readonly osType?: string;
  readonly osVersion?: string;
  readonly arch?: string;
  readonly jsonQuery?: string;
  readonly for?: number; // seconds
  readonly folder?: string;
}

export type LockAction = 'list' | 'lock' | 'unlock' | 'lock-many' | 'update' | 'summary';

/** What was asked for. Throws InputError for no action, several, or options that do not go with it. */
export function lockAction(options: LockOptions, names: readonly string[]): LockAction {
  const named: Record<LockAction, boolean> = {
    list: options.list || options.brief || options.listTargets,
    lock: options.lock,
    unlock: options.unlock,
    'lock-many': options.lockMany !== undefined,
    update: options.update,
    summary: options.summary,
  };
  const asked = (Object.keys(named) as LockAction[]).filter((action) => named[action]);
  // `--list --brief` is one wish in two words; `--brief` and `--list-targets` are two.
  const [action, another] = asked;
  if (action === undefined || another !== undefined || (options.brief && options.listTargets))
    throw new InputError(
      'exactly one of --list, --brief, --list-targets, --lock, --unlock, --lock-many, --update and --summary is needed',
    );
  const problem = misuse(action, options, names.length + options.targets.length > 0);
  if (problem !== null) throw new InputError(problem);
  return action;
}

function misuse(action: LockAction, options: LockOptions, named: boolean): string | null {
  const acts = action === 'lock' || action === 'unlock' || action === 'update';
  if (acts && !named) return `--${action} needs the names of nodes`;
  if (acts && options.all) return '--all is for listings only';
  if (action === 'lock-many' && named) return '--lock-many chooses the nodes: name none';
  if (action === 'list' && options.desc !== undefined)
    return '--desc sets a description; to list by one, use --desc-pattern';
  if (action === 'list' && options.all && (named || options.owner !== undefined))
    return '--all goes neither with --owner nor with names';
  if (action === 'update' && options.owner !== undefined)
    return '--update changes nodes, whoever holds them: it takes no --owner';
  if (action === 'update' && options.desc === undefined && options.status === undefined)
    return '--update needs --desc or --status';
  if (options.for !== undefined && action !== 'lock' && action !== 'lock-many')
    return '--for is how long a lock lasts: it goes with --lock and --lock-many';
  if (options.clean && action !== 'unlock') return '--clean goes with --unlock';
  return null;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `90s`, `30m`, `8h`, `3d`, `1w` in seconds, for commander. */
export function duration(text: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const seconds = Number(amount) * (unitSeconds[unit] ?? 0);
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError(`'${text}' is no length of time such as 90s, 30m, 8h, 3d or 1w.`);
}
