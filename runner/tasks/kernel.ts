import type { Remote, Task, TaskContext } from '../engine/task.ts';
import { hostFacts } from './internal/host-facts.ts';
import { readKernel, versionOf } from './kernel/kernel-config.ts';
import type { KernelWish } from './kernel/kernel-config.ts';

/** A host cannot have the kernel that the job wants. */
class KernelRefusedError extends Error {
  override readonly name = 'KernelRefusedError';
}

/**
 * Sees that every host has the kernel that the job wants. The distribution's own is what hosts have; another one must run there already, as
 * none is installed. The key `kernel` of a job runs it before all other tasks.
 */
export const task: Task = async (ctx, config) => {
  const wishes = readKernel(ctx.job, ctx.cluster, config);
  await Promise.all([...wishes].map(([remote, wish]) => checkKernel(ctx, remote, wish)));
};

async function checkKernel(ctx: TaskContext, remote: Remote, wish: KernelWish): Promise<void> {
  const wanted = versionOf(wish);
  const { shortname } = remote;
  if (wanted === null) {
    ctx.log.info(`${shortname}: the kernel stays as it is`);
    return;
  }
  const { container, sandbox } = await hostFacts(remote);
  if (container || sandbox) {
    const what = sandbox ? 'a sandbox node' : 'a container';
    throw new KernelRefusedError(
      `kernel: ${shortname} is ${what} and has the kernel of its machine, so it cannot get '${wanted}'; leave 'kernel' out, or say 'branch: distro'`,
    );
  }
  const running = (await remote.sh('uname -r', { signal: ctx.signal })).trim();
  // Builds of a commit have it in their version: 6.1.0-rc3-g0123456789ab.
  const commit = wish.sha1 === null ? undefined : /-g([0-9a-f]{7,40})\b/.exec(running)?.[1];
  if (commit !== undefined && wish.sha1?.startsWith(commit) === true) {
    ctx.log.info(`${shortname} runs the kernel ${running}, as wanted`);
    return;
  }
  throw new KernelRefusedError(
    `kernel: ${shortname} runs ${running} and not '${wanted}'; kernels are not installed by jobs: give the machines an image that has it`,
  );
}
