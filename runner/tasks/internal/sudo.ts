import type { Task } from '../../engine/task.ts';
import { hostFacts } from './host-facts.ts';

const edit = [
  'sudo',
  'sed',
  '-i.orig.teuthology',
  '-e',
  's/^\\([^#]*\\) \\(requiretty\\)/\\1 !\\2/g',
  '-e',
  's/^\\([^#]*\\) !\\(visiblepw\\)/\\1 \\2/g',
  '/etc/sudoers',
];

/** Lets sudo work without a terminal on hosts where it would ask for one; undone from the backup. */
export const sudo: Task = async (ctx) => {
  await ctx.cluster.each(async (remote) => {
    const { root } = await hostFacts(remote);
    const editable =
      root && (await remote.run('sudo test -f /etc/sudoers', { check: false })).exitStatus === 0;
    if (!editable) {
      ctx.log.info(
        `${remote.shortname}: sudo is left as it is (${root ? 'no /etc/sudoers' : 'no root here'})`,
      );
      return;
    }
    ctx.log.info(`Configuring sudo on ${remote.shortname}...`);
    ctx.defer(async () => {
      await remote.run(
        'if sudo test -e /etc/sudoers.orig.teuthology; then sudo mv -f -- /etc/sudoers.orig.teuthology /etc/sudoers; fi',
      );
    });
    await remote.run(edit);
  });
};
