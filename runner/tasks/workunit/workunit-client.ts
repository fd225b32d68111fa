import { spawn } from 'node:child_process';
import { posix } from 'node:path';
import { PassThrough } from 'node:stream';
import { splitRole } from '../../../core/config/roles.ts';
import type { TaskContext } from '../../engine/task.ts';
import { quoteWord, Raw } from '../../remote/quote.ts';
import type { Remote } from '../../remote/remote.ts';
import { testVariables } from '../test-variables.ts';
import type { WorkunitConfig } from './workunit-arguments.ts';
import type { WorkunitTree } from './workunit-tree.ts';

/** A client on which workunits run, and the places that they have there. */
export interface WorkunitClient {
  readonly role: string;
  readonly id: string;
  readonly ceph: string; // the name of its cluster
  readonly remote: Remote;
  readonly mount: string;
  readonly scratch: string; // below the mount point
  readonly clone: string;
  readonly source: string; // where the workunits are
}

/** A spec names no workunit. */
class NoSuchWorkunitError extends Error {
  override readonly name = 'NoSuchWorkunitError';
}

/** The places of a client. */
export function clientOf(ctx: TaskContext, role: string, config: WorkunitConfig): WorkunitClient {
  const { cluster, id } = splitRole(role);
  const remote = ctx.cluster.remoteOf(role);
  const mount = posix.join(remote.testDir, cluster === 'ceph' ? `mnt.${id}` : `mnt.${cluster}.${id}`);
  const clone = posix.join(remote.testDir, `clone.${role}`);
  return {
    role,
    id,
    ceph: cluster,
    remote,
    mount,
    scratch: posix.join(mount, config.subdir ?? `client.${id}`),
    clone,
    source: posix.join(clone, config.basedir),
  };
}

/** Makes the directory to run in; a mount point that nobody mounted is made too, and removed in the end. */
export async function makeScratch(ctx: TaskContext, client: WorkunitClient): Promise<void> {
  const { remote, mount, scratch } = client;
  const { signal } = ctx;
  const stat = await remote.run(['stat', '--', mount], { check: false, signal });
  if (stat.exitStatus === 0) ctx.log.info(`Did not need to create dir ${mount}`);
  else {
    ctx.defer(async () => {
      await remote.run(['rmdir', '--', mount], { check: false });
      ctx.log.info(`Deleted artificial mount point ${mount}`);
    });
    await remote.run(['mkdir', '--', mount], { signal });
    ctx.log.info(`Created dir ${mount}`);
  }
  ctx.defer(async () => {
    await remote.run(['sudo', 'rm', '-rf', '--', scratch]);
  });
  // The root of a fresh file system belongs to root.
  const words = ['sudo', 'install', '-d', '-m', '0755', `--owner=${remote.user}`, '--', scratch];
  await remote.run(words, { signal });
}

/** Copies the workunits to a client, builds what has a Makefile, and resolves with the paths of all that can be run. */
export async function shipWorkunits(
  ctx: TaskContext,
  client: WorkunitClient,
  tree: WorkunitTree,
): Promise<string[]> {
  const { remote, clone, source, role } = client;
  ctx.defer(async () => {
    await remote.run(['sudo', 'rm', '-rf', '--', clone]);
  });
  const tar = spawn('tar', ['-C', tree.folder, '--exclude=.git', '-c', '.'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await remote.run(`mkdir -p -- ${quoteWord(source)} && tar -C ${quoteWord(source)} -x`, {
      // Node throws away what a program that has ended wrote, unless somebody reads it by then.
      stdin: tar.stdout.pipe(new PassThrough()),
      signal: ctx.signal,
      label: `workunits for ${role}`,
    });
  } finally {
    tar.kill();
  }
  const script = `cd -- ${quoteWord(source)} && if test -e Makefile ; then make >&2 ; fi && find . -executable -type f -printf '%P\\0'`;
  const { stdout } = await remote.run(script, { collect: 'stdout', quiet: true, signal: ctx.signal });
  return stdout
    .split('\0')
    .filter((path) => path !== '')
    .toSorted();
}

/** Runs what a spec names: one workunit with its arguments, or all those below a folder, in the order of their names. */
export async function runSpec(
  ctx: TaskContext,
  params: {
    client: WorkunitClient;
    spec: string;
    available: readonly string[];
    config: WorkunitConfig;
    revision: string;
    signal: AbortSignal;
  },
): Promise<void> {
  const { client, spec, available, config, signal } = params;
  const { remote, scratch, source, role } = client;
  const [path = '', ...words] = spec.trim().split(/\s+/);
  const folder = `${path.replace(/\/+$/, '')}/`;
  ctx.log.info(`Running workunits matching ${spec} on ${role}...`);
  const matching = available.filter((file) => file === path || file.startsWith(folder));
  if (matching.length === 0) throw new NoSuchWorkunitError(`Spec did not match any workunits: '${spec}'`);
  for (const workunit of matching) {
    ctx.log.info(`Running workunit ${workunit}...`);
    const work = posix.join(scratch, 'tmp');
    const limit = config.timeout === '0' ? [] : ['timeout', config.timeout];
    const and = new Raw('&&');
    const place = ['mkdir', '-p', '--', work, and, 'cd', '--', work, and];
    const program = [posix.join(source, workunit), ...words];
    const command = [...place, new Raw(environmentOf(ctx, params)), ...limit, ...program];
    const logger = ctx.log.child(role);
    await remote.run(command, { label: `workunit test ${workunit}`, logger, signal });
    if (config.cleanup) await remote.run(['sudo', 'rm', '-rf', '--', work], { signal });
  }
  ctx.log.info(`Stopping ${JSON.stringify([spec])} on ${role}...`);
}

function environmentOf(
  ctx: TaskContext,
  params: { client: WorkunitClient; config: WorkunitConfig; revision: string },
): string {
  const { client, config, revision } = params;
  const variables: Record<string, string> = {
    CEPH_CLI_TEST_DUP_COMMAND: '1',
    CEPH_REF: revision,
    ...testVariables(ctx, { remote: client.remote, root: false }),
    CEPH_ARGS: `--cluster ${client.ceph}`,
    CEPH_ID: client.id,
    CEPH_BASE: client.clone,
    CEPH_ROOT: client.clone,
    CEPH_MNT: client.mount,
    ...Object.fromEntries(Object.entries(config.env).map(([key, value]) => [key, textOf(value)])),
  };
  const words = Object.entries(variables).map(([key, value]) => `${key}=${quoteWord(value)}`);
  return [...words, 'PATH=$PATH:/usr/sbin'].join(' ');
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
}
