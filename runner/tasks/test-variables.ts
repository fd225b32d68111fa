import type { Remote, TaskContext } from '../engine/task.ts';

const stateKey = 'coverage';

/** Where programs that were compiled with gcov leave their counters on a host; it ends up in the job's archive. */
export function coverageFolder(remote: Remote): string {
  return `${remote.testDir}/archive/coverage`;
}

/** From here on commands of this job get what makes such programs count there. */
export function measureCoverage(ctx: TaskContext): void {
  ctx.state.set(stateKey, true);
}

/**
 * The variables of a command that a job runs on a host, for `sudo` or the front of a shell line. Each user counts in a folder of its own,
 * because gcov makes folders that nobody else can write to.
 */
export function testVariables(
  ctx: TaskContext,
  { remote, root }: { remote: Remote; root: boolean },
): Readonly<Record<string, string>> {
  const testDir = { TESTDIR: remote.testDir };
  if (ctx.state.get(stateKey) !== true) return testDir;
  return { ...testDir, GCOV_PREFIX: `${coverageFolder(remote)}/${root ? 'root' : remote.user}` };
}

/** The variables as words for `sudo`. */
export function sudoVariables(ctx: TaskContext, remote: Remote): string[] {
  return Object.entries(testVariables(ctx, { remote, root: true })).map(
    ([name, value]) => `${name}=${value}`,
  );
}
