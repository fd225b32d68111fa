import type { Remote } from '../../remote/remote.ts';
import { quoteWord } from '../../remote/quote.ts';
import { setStatus, statusOf } from '../../engine/verdict.ts';
import type { Task, TaskContext } from '../../engine/task.ts';
import { hostFacts } from './host-facts.ts';

/**
 * Lets the kernel of every host write core files into the archive directory, and fails the job when there are any at the end.
 * The pattern belongs to the whole machine: where that is not the job's own it is left alone.
 */
export const coredump: Task = async (ctx) => {
  await ctx.cluster.each(async (remote) => {
    const { root, container } = await hostFacts(remote);
    if (!root || container) {
      ctx.log.info(
        `${remote.shortname}: core files are not collected (${container ? 'a container' : 'no root here'})`,
      );
      return;
    }
    ctx.log.info(`Enabling coredump saving on ${remote.shortname}...`);
    await collectCores(ctx, remote);
  });
};

async function collectCores(ctx: TaskContext, remote: Remote): Promise<void> {
  const dir = `${remote.testDir}/archive/coredump`;
  const before = (await remote.sh('cat /proc/sys/kernel/core_pattern')).trimEnd();
  const setPattern = (pattern: string): Promise<unknown> =>
    remote.run(`printf %s ${quoteWord(pattern)} | sudo tee /proc/sys/kernel/core_pattern >/dev/null`);
  ctx.defer(async () => {
    await setPattern(before);
    const { stdout } = await remote.run(
      `rmdir --ignore-fail-on-non-empty -- ${quoteWord(dir)} && if test -e ${quoteWord(dir)}; then echo cores; fi`,
      { collect: 'stdout' },
    );
    if (stdout.includes('cores')) found(ctx, remote);
  });
  await remote.run(['install', '-d', '-m0755', '--', dir]);
  await setPattern(`${dir}/%t.%p.core`);
}

function found(ctx: TaskContext, remote: Remote): void {
  ctx.log.warn(`Found coredumps on ${remote.name}, flagging run as failed`);
  if (statusOf(ctx.summary) !== 'dead') setStatus(ctx.summary, 'fail');
  ctx.summary.failure_reason ??= `Found coredumps on ${remote.name}`;
}
