import type { Task, TaskContext } from '../engine/task.ts';
import { parallel } from '../remote/parallel.ts';
import type { Remote } from '../remote/remote.ts';
import type { Check } from './self-check/check.ts';
import { commandChecks } from './self-check/commands.ts';
import { fileChecks } from './self-check/files.ts';
import { limitChecks } from './self-check/limits.ts';
import { streamChecks } from './self-check/streams.ts';

export const checks: readonly Check[] = [...commandChecks, ...streamChecks, ...fileChecks, ...limitChecks];

/** The remote layer does not keep its promises on the hosts of this job. */
class SelfCheckError extends Error {
  override readonly name = 'SelfCheckError';
  constructor(failures: readonly string[], total: number) {
    super(`${failures.length} of ${total} checks failed: ${failures.join('; ')}`);
  }
}

/** Checks on every host of the job that commands, streams, files, deadlines and reconnects do what tasks rely on. One line a check in the log. */
export const task: Task = async (ctx) => {
  const failures: string[] = [];
  const remotes = ctx.cluster.remotes;
  await parallel(
    remotes.map((remote) => async (signal: AbortSignal) => {
      for (const failure of await checkHost(ctx, remote, signal)) failures.push(failure);
    }),
    { signal: ctx.signal },
  );
  const total = checks.length * remotes.length;
  if (failures.length > 0) throw new SelfCheckError(failures, total);
  ctx.log.info(`All ${total} checks passed`);
};

async function checkHost(ctx: TaskContext, remote: Remote, signal: AbortSignal): Promise<string[]> {
  const folder = `${remote.testDir}/self-check`;
  const failures: string[] = [];
  ctx.defer(async () => {
    await remote.run(['sudo', 'rm', '-rf', '--', folder]);
  });
  await remote.run(['mkdir', '-p', '--', folder], { signal });
  for (const { name, run } of checks) {
    signal.throwIfAborted();
    try {
      await run({ remote, folder, signal });
      ctx.log.info(`PASS ${remote.shortname}: ${name}`);
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      ctx.log.error(`FAIL ${remote.shortname}: ${name}: ${reason}`);
      failures.push(`${remote.shortname}: ${name} (${reason})`);
    }
  }
  return failures;
}
