import type { Task, TaskContext } from '../engine/task.ts';
import { parallel } from '../remote/parallel.ts';
import type { Remote } from '../remote/remote.ts';

const timeoutMs = 360_000;

const peers = 'PATH=/usr/bin:/usr/sbin ntpq -p || PATH=/usr/bin:/usr/sbin chronyc sources || true';

// Whatever of this a host lacks is passed over: a host without a time service keeps the time it has. A sandbox node has the
// clock of the machine it runs on, which a job has no business to set.
const synchronize = `
if [ -n "\${LOLIGO_NODE-}" ]; then echo "this host shares the clock of its machine: left alone"; exit 0; fi
service() {
  for name in ntp ntpd chronyd chrony; do sudo systemctl "$1" "$name.service" 2>/dev/null && return; done
}
service stop
sudo ntpd -gq || sudo chronyc makestep
service start
${peers}`;

/** Sets the clocks of all hosts by their own time service, and prints its peers before and after the job. Containers share a clock and are left out. */
export const task: Task = async (ctx) => {
  ctx.log.info('Syncing clocks and checking initial clock skew...');
  const remotes = await withOwnClock(ctx);
  await onAll(ctx, remotes, synchronize);
  ctx.defer(() => {
    ctx.log.info('Checking final clock skew...');
    return onAll(ctx, remotes, peers);
  });
};

/** Prints the peers of the time services before and after the job, and sets nothing. */
export const check: Task = async (ctx) => {
  ctx.log.info('Checking initial clock skew...');
  const remotes = await withOwnClock(ctx);
  await onAll(ctx, remotes, peers);
  ctx.defer(() => {
    ctx.log.info('Checking final clock skew...');
    return onAll(ctx, remotes, peers);
  });
};

async function withOwnClock(ctx: TaskContext): Promise<Remote[]> {
  const remotes = [...ctx.cluster.remotes];
  const shared = await Promise.all(remotes.map((remote) => remote.isContainer()));
  return remotes.filter((_, index) => !shared[index]);
}

async function onAll(ctx: TaskContext, remotes: readonly Remote[], script: string): Promise<void> {
  const runs = remotes.map((remote) => async (signal: AbortSignal) => {
    await remote.run(['sh', '-c', script], { signal, timeoutMs });
  });
  await parallel(runs, { signal: ctx.signal });
}
