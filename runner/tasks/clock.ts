import type { Task, TaskContext } from '../engine/task.ts';
import { parallel } from '../remote/parallel.ts';
import type { Remote } from '../remote/remote.ts';
import { hostFacts } from './internal/host-facts.ts';

const timeoutMs = 360_000;

/** Prints the peers of whichever time service there is, and succeeds also where there is none. */
export const peersScript = 'PATH=/usr/bin:/usr/sbin:$PATH; ntpq -p || chronyc sources || true';

/** Stops the time service, sets the clock once, starts the service again. What a host lacks is passed over: it keeps the time it has. */
export const synchronizeScript = `
service() {
  for name in ntp ntpd chronyd; do sudo systemctl "$1" "$name.service" && return; done
}
service stop
sudo ntpd -gq || sudo chronyc makestep
service start
${peersScript}`;

/** Sets the clocks of all hosts by their own time service, and prints its peers before and after the job. Hosts that share a clock are left out. */
export const task: Task = async (ctx) => {
  ctx.log.info('Syncing clocks and checking initial clock skew...');
  await beforeAndAfter(ctx, synchronizeScript);
};

/** Prints the peers of the time services before and after the job, and sets nothing. */
export const check: Task = async (ctx) => {
  ctx.log.info('Checking initial clock skew...');
  await beforeAndAfter(ctx, peersScript);
};

async function beforeAndAfter(ctx: TaskContext, script: string): Promise<void> {
  const remotes = await withOwnClock(ctx);
  await onAll(ctx, remotes, script);
  ctx.defer(async () => {
    ctx.log.info('Checking final clock skew...');
    await onAll(ctx, remotes, peersScript);
  });
}

/** A container and a sandbox node have the clock of the machine they run on, which a job has no business to set. */
async function withOwnClock(ctx: TaskContext): Promise<Remote[]> {
  const own: Remote[] = [];
  for (const remote of ctx.cluster.remotes) {
    const { container, sandbox } = await hostFacts(remote);
    if (!container && !sandbox) own.push(remote);
    else
      ctx.log.info(
        `${remote.shortname}: its clock is left alone (${sandbox ? 'a sandbox node' : 'a container'})`,
      );
  }
  return own;
}

async function onAll(ctx: TaskContext, remotes: readonly Remote[], script: string): Promise<void> {
  const runs = remotes.map((remote) => async (signal: AbortSignal) => {
    await remote.run(['sh', '-c', script], { signal, timeoutMs });
  });
  await parallel(runs, { signal: ctx.signal });
}
