import { expect, test } from 'vitest';
import { createCluster } from '../../remote/cluster.ts';
import { CommandFailedError } from '../../remote/command-errors.ts';
import type { Remote } from '../../remote/remote.ts';
import { BrokenHostError } from '../../remote/transport-errors.ts';
import type { TaskContext } from '../../engine/task.ts';
import { base } from './base.ts';

/** The task on one fake host, on which making the test directory fails with these words. */
async function onHostThatSays(stderr: string): Promise<unknown> {
  const result = {
    host: 'h1',
    command: 'mkdir',
    label: null,
    exitStatus: 1,
    signal: null,
    stdout: '',
    durationMs: 1,
  };
  const run = async () => {
    throw new CommandFailedError({ ...result, stderr });
  };
  const remote = { name: 'u@h1', shortname: 'h1', testDir: '/home/u/cephtest', run } as unknown as Remote;
  const log = { info() {} };
  const cluster = createCluster([{ remote, roles: ['a'] }]);
  const ctx = { cluster, log, defer() {} } as unknown as TaskContext;
  return await Promise.resolve(base(ctx, null)).then(
    () => null,
    (error: unknown) => error,
  );
}

test.each(['No space left on device', 'Read-only file system', 'Input/output error'])(
  'a host whose disk says "%s" is broken',
  async (words) => {
    const error = await onHostThatSays(`head: warning\nhead: write error: ${words}\n`);
    expect(error).toBeInstanceOf(BrokenHostError);
    expect(error).toMatchObject({
      host: 'h1',
      message: `/home/u/cephtest on h1 cannot be written to: head: write error: ${words}`,
    });
  },
);

test('any other failure is the job’s own', async () => {
  const error = await onHostThatSays('mkdir: cannot create directory: Permission denied');
  expect(error).toBeInstanceOf(CommandFailedError);
});
