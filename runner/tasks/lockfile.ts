import { posix } from 'node:path';
import { parseRole } from '../../core/config/roles.ts';
import { helperOn } from '../ceph/start-daemons.ts';
import type { PlainValue, Remote, RemoteProcess, Task, TaskContext } from '../engine/task.ts';
import { argument, taskArguments } from './args.ts';
import { count, flag, optional, seconds, text } from './argument-kinds.ts';
import { pause } from './pause.ts';
import { TaskConfigError } from './task-config.ts';

/** The settings of one lock. */
export const lockfileArguments = taskArguments('lockfile', {
  client: argument({ usage: 'who takes the lock; required', kind: text, fallback: '' }),
  lockfile: argument({
    usage: "a path in the client's mounted file system, `$TESTDIR/mnt.ID`; required",
    kind: text,
    fallback: '',
  }),
  file: argument({ usage: 'the same, as older pages call it', kind: text, fallback: '' }),
  holdtime: argument({ usage: 'how long the lock is held', kind: seconds, fallback: 0 }),
  offset: argument({ usage: 'the first byte of what is locked', kind: count, fallback: 0 }),
  length: argument({ usage: 'how many bytes; 0 is up to the end', kind: count, fallback: 1 }),
  maxwait: argument({
    usage:
      'getting the lock and holding it may take so long, else the attempt has failed; no limit when left out',
    kind: optional(seconds),
    fallback: null,
  }),
  expectfail: argument({ usage: 'whether the attempt must fail', kind: flag, fallback: false }),
});

/** A lock was got or missed against expectation. */
class LockfileError extends Error {
  override readonly name = 'LockfileError';
}

interface Attempt {
  readonly client: string;
  readonly remote: Remote;
  readonly path: string;
  readonly words: readonly string[]; // offset, length, seconds
  readonly maxWait: number | null;
  readonly expectFail: boolean;
}

// Waits for a POSIX lock on a range of bytes, holds it, and says when it has it. Ceph's own tools need Python on a host as well.
const holder = `import fcntl, os, sys, time
path, hold, offset, length = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
fd = os.open(path, os.O_RDWR)
begun = time.time()
fcntl.lockf(fd, fcntl.LOCK_EX, length, offset)
print('locked after %.1f s' % (time.time() - begun), flush=True)
time.sleep(hold)
`;

/**
 * Clients take locks on byte ranges of files, each attempt begun a tenth of a second after the one before; a number in the list is a pause
 * in seconds. All attempts must end as they are expected to.
 */
export const task: Task = async (ctx, config) => {
  if (!Array.isArray(config))
    throw new TaskConfigError({
      task: 'lockfile',
      path: '',
      expected: 'a list of locks, such as {client: client.0, lockfile: a, holdtime: 5}, and pauses',
      given: config,
    });
  const steps = config.map((entry, index) => readStep(ctx, entry, index));
  const attempts = steps.filter((step) => typeof step !== 'number');
  for (const remote of new Set(attempts.map((attempt) => attempt.remote)))
    await prepare(ctx, remote, attempts);
  const running: { attempt: Attempt; process: RemoteProcess }[] = [];
  ctx.defer(() => {
    for (const { process } of running) if (!process.finished) process.stdin?.end();
  });
  for (const step of steps) {
    if (typeof step === 'number') await pause(step * 1000, ctx.signal);
    else running.push({ attempt: step, process: await begin(ctx, step) });
    await pause(100, ctx.signal);
  }
  for (const { attempt, process } of running) check(attempt, (await process.wait()).exitStatus);
};

function readStep(ctx: TaskContext, entry: PlainValue, index: number): Attempt | number {
  if (typeof entry === 'number') return entry;
  const path = `[${index}]`;
  const read = lockfileArguments.read(entry);
  const name = read.lockfile || read.file;
  const role = parseRole(read.client);
  if (role?.type !== 'client' || name === '' || posix.isAbsolute(name) || name.split('/').includes('..'))
    throw new TaskConfigError({
      task: 'lockfile',
      path,
      expected: "a lock with a 'client' and a 'lockfile' below its mount point",
      given: entry,
    });
  const remote = ctx.cluster.remoteOf(read.client);
  const mount = role.cluster === 'ceph' ? `mnt.${role.id}` : `mnt.${role.cluster}.${role.id}`;
  return {
    client: read.client,
    remote,
    path: posix.join(remote.testDir, mount, name),
    words: [read.holdtime, read.offset, read.length].map(String),
    maxWait: read.maxwait,
    expectFail: read.expectfail,
  };
}

async function prepare(ctx: TaskContext, remote: Remote, attempts: readonly Attempt[]): Promise<void> {
  const own = attempts.filter((attempt) => attempt.remote === remote);
  const files = [...new Set(own.map(({ path }) => path))];
  const folder = folderOn(remote);
  ctx.defer(async () => {
    await remote.run(['sudo', 'rm', '-rf', '--', ...files, folder]);
  });
  const { exitStatus } = await remote.run('command -v python3', { check: false, quiet: true });
  if (exitStatus !== 0)
    throw new LockfileError(`lockfile: ${remote.shortname} has no python3, which takes the locks there`);
  await remote.run(['mkdir', '-p', '--', folder]);
  await remote.writeFile(`${folder}/lock-and-hold`, holder);
  await remote.run(['sudo', 'touch', '--', ...files]);
  await remote.run(['sudo', 'chown', remote.user, '--', ...files]);
}

function folderOn(remote: Remote): string {
  return posix.join(remote.testDir, 'lockfile');
}

async function begin(ctx: TaskContext, attempt: Attempt): Promise<RemoteProcess> {
  const { remote, client, path, words, maxWait } = attempt;
  const helper = await helperOn(ctx, remote);
  const limit = maxWait === null ? [] : ['timeout', '-k', '1', String(maxWait)];
  const command = [...limit, 'python3', `${folderOn(remote)}/lock-and-hold`, path, ...words];
  ctx.log.info(`${client} takes a lock on ${path}`);
  const process = await remote.start(helper.command(command, { end: 'kill', group: true }), {
    stdin: 'pipe',
    check: false,
    signal: ctx.signal,
    logger: ctx.log.child(client),
  });
  process.wait().catch(() => {}); // It is looked at when all have begun.
  return process;
}

function check(attempt: Attempt, exitStatus: number | null): void {
  const { client, remote, path, expectFail, maxWait } = attempt;
  const failed = exitStatus !== 0;
  if (failed === expectFail) return;
  const why = exitStatus === 124 ? `was not done in ${maxWait} s` : `failed with status ${exitStatus}`;
  throw new LockfileError(
    expectFail
      ? `lockfile: ${client} on ${remote.shortname} got the lock on ${path}, which was to fail`
      : `lockfile: the lock of ${client} on ${remote.shortname} on ${path} ${why}`,
  );
}
