import type { Logger } from '../../core/ports/logger.ts';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import type { Remote } from '../remote/remote.ts';

/** An installed state that a task wants its hosts to have, and need not be made again where it was made before. */
export interface SnapshotOrder {
  readonly name: string; // for people: `ceph-16.2.15`
  /**
   * Everything that determines what `install` leaves, resolved: a sha1, never a branch; exact versions; the sorted list of packages. What
   * the hosts are already (image, architecture, an earlier snapshot) is added. null = cannot be resolved: no snapshot.
   */
  readonly key: PlainValue;
  readonly remotes?: readonly Remote[]; // default: all hosts of the job
  /** Whether a host has what it should; asked after a snapshot was made and after one was found. Default: it is believed. */
  readonly verify?: (remote: Remote) => Promise<boolean>;
}

/**
 * `none`: the hosts keep no snapshots, `install` ran on all of them, and its undos are as needed as ever. `made` and `reused`: the
 * hosts are thrown away after the job, so that nothing need be uninstalled.
 */
export type SnapshotOutcome = 'none' | 'made' | 'reused';

/** Makes the hosts that it is given what the order says. */
export type Install = (remotes: readonly Remote[]) => Promise<void>;

/** Brings the hosts of a job to installed states; `task` is the one that asks. */
export type TakeSnapshot = (
  task: { readonly log: Logger; readonly signal: AbortSignal; readonly remotes: readonly Remote[] },
  order: SnapshotOrder,
  install: Install,
) => Promise<SnapshotOutcome>;

/** For hosts that keep no snapshots: what is to be installed is installed. */
export const withoutSnapshots: TakeSnapshot = async (task, order, install) => {
  const hosts = order.remotes ?? task.remotes;
  if (order.key !== null)
    task.log.info(`no snapshots are kept of these hosts: ${order.name} is made on each of them`);
  await install(hosts);
  return 'none';
};
