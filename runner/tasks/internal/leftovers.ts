import type { Remote } from '../../remote/remote.ts';
import { quoteWord } from '../../remote/quote.ts';
import type { Task, TaskContext } from '../../engine/task.ts';
import { jobRunOf } from '../../job/job-run.ts';
import { hostFacts } from './host-facts.ts';

/** An earlier job left its traces on the hosts. */
class StaleJobError extends Error {
  override readonly name = 'StaleJobError';
}

/** Refuses hosts on which another job's test directory stands: it may still be running there. */
export const check_conflict: Task = async (ctx) => {
  ctx.log.info('Checking for old test directory...');
  const stale = await hostsWhere(ctx, async (remote) => {
    const [{ exitStatus }] = await Promise.all([
      remote.run(`test ! -e ${quoteWord(remote.testDir)}`, { check: false }),
      hostFacts(remote), // the next tasks ask for them
    ]);
    return exitStatus === 0 ? null : `${remote.testDir} exists on ${remote.shortname}`;
  });
  if (stale.length > 0) throw new StaleJobError(`Stale jobs detected, aborting. ${stale.join('; ')}`);
};

/** Refuses hosts that hold data of an earlier Ceph cluster. */
export const check_ceph_data: Task = async (ctx) => {
  ctx.log.info('Checking for non-empty /var/lib/ceph...');
  const job = jobRunOf(ctx);
  const stale = await hostsWhere(ctx, async (remote) => {
    if (job.hasGuess(remote)) return null; // it is new, and has the directories of the packages that the job is about to install
    if ((await hostFacts(remote)).sandbox) return null; // the directory would be the machine's own
    const { exitStatus } = await remote.run('test -z "$(ls -A /var/lib/ceph 2>/dev/null)"', { check: false });
    return exitStatus === 0 ? null : remote.shortname;
  });
  if (stale.length > 0) {
    throw new StaleJobError(`Stale /var/lib/ceph detected, aborting. It is not empty on ${stale.join(', ')}`);
  }
};

async function hostsWhere(
  ctx: TaskContext,
  complaint: (remote: Remote) => Promise<string | null>,
): Promise<string[]> {
  const complaints = await Promise.all(ctx.cluster.remotes.map(complaint));
  const found = complaints.filter((each) => each !== null);
  for (const each of found) ctx.log.error(`Stale jobs detected, aborting. (${each})`);
  return found;
}
