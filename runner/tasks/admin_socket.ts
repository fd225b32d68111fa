import { setTimeout as sleep } from 'node:timers/promises';
import { allRoles, isType, parseRole } from '../../core/config/roles.ts';
import type { ParsedRole } from '../../core/config/roles.ts';
import { overridesFor } from '../../core/config/overrides.ts';
import { cephCluster } from '../ceph/ceph-cluster.ts';
import type { PlainValue, Remote, Task, TaskContext } from '../engine/task.ts';
import { parallel } from '../remote/parallel.ts';
import { quoteWord } from '../remote/quote.ts';
import { argument, taskArguments } from './args.ts';
import { optional, text } from './argument-kinds.ts';
import { isConfigMap, readMap, TaskConfigError } from './task-config.ts';
import { readTestFile, suiteBranch } from './test-file.ts';

/** The settings of one command. */
export const adminSocketArguments = taskArguments('admin_socket', {
  args: argument({ usage: 'more words for the command', kind: optional(text), fallback: null }),
  test: argument({
    usage:
      'a program that gets the answer on its standard input and says by its status whether it is right: a URL, or a path in the suite',
    kind: optional(text),
    fallback: null,
  }),
  branch: argument({
    usage: "what `{branch}` in `test` stands for; the suite's branch",
    kind: optional(text),
    fallback: null,
  }),
});

/** A daemon or client has no admin socket, or it does not answer as it should. */
class AdminSocketError extends Error {
  override readonly name = 'AdminSocketError';
}

const patienceMs = 120_000;

interface SocketCommand {
  readonly command: string; // `config show`
  readonly args: string | null;
  readonly test: { readonly name: string; readonly program: Buffer } | null;
}

/**
 * Gives commands to the admin sockets of daemons and clients, all roles at the same time: `{osd.0: {'perf dump': {test: URL}}}`. Each
 * must answer in JSON. The key `all` is every client.
 */
export const task: Task = async (ctx, config) => {
  const expected = 'a map from roles (or `all`, which is every client) to commands';
  const map = readMap({ task: 'admin_socket', path: '' }, config, expected);
  if (Object.keys(map).length === 0)
    throw new TaskConfigError({ task: 'admin_socket', path: '', expected, given: config });
  const clients = allRoles(ctx.cluster.hosts.map(({ roles }) => roles)).filter(isType('client'));
  const entries = Object.entries(map).flatMap(([key, given]): [string, PlainValue][] =>
    key === 'all' ? clients.map((role) => [role, given]) : [[key, given]],
  );
  const work = await Promise.all(
    entries.map(async ([role, given]) => ({ role, commands: await readCommands(ctx, role, given) })),
  );
  await parallel(
    work.map(
      ({ role, commands }) =>
        (signal: AbortSignal) =>
          askAll(ctx, { role, commands, signal }),
    ),
    { signal: ctx.signal },
  );
};

async function readCommands(ctx: TaskContext, role: string, given: PlainValue): Promise<SocketCommand[]> {
  const map = readMap({ task: 'admin_socket', path: role }, given, 'a map from commands to their settings');
  const overrides = overridesFor(ctx.job, 'admin_socket');
  return await Promise.all(
    Object.entries(map).map(async ([command, own]) => {
      const settings =
        isConfigMap(own) || own === null ? { ...own, ...(isConfigMap(overrides) ? overrides : {}) } : own;
      const { args, test, branch } = adminSocketArguments.read(settings);
      if (test === null) return { command, args, test };
      const name = { task: 'admin_socket', name: test, branch: branch ?? suiteBranch(ctx) };
      return { command, args, test: { name: test, program: await readTestFile(ctx, name) } };
    }),
  );
}

async function askAll(
  ctx: TaskContext,
  params: { role: string; commands: readonly SocketCommand[]; signal: AbortSignal },
): Promise<void> {
  const { role, signal } = params;
  const parsed = parseRole(role);
  if (parsed === null) throw new AdminSocketError(`admin_socket: '${role}' is no daemon and no client`);
  cephCluster(ctx, 'admin_socket', parsed.cluster);
  const remote = ctx.cluster.remoteOf(role);
  for (const command of params.commands) {
    const answer = await ask({ ctx, role, parsed, remote, command, signal });
    checkJson(role, command, answer);
    if (command.test !== null) await check({ role, remote, command, answer, signal });
  }
}

/** Asks until somebody listens: a client makes its socket only when it has connected. What the other side refuses is not asked again. */
async function ask(params: {
  ctx: TaskContext;
  role: string;
  parsed: ParsedRole;
  remote: Remote;
  command: SocketCommand;
  signal: AbortSignal;
}): Promise<string> {
  const { ctx, role, parsed, remote, command, signal } = params;
  const { cluster, type, id } = parsed;
  const words = [command.command, command.args ?? '']
    .join(' ')
    .split(/\s+/)
    .filter((word) => word !== '');
  ctx.log.info(`Asking the admin socket of ${role}: ${words.join(' ')}`);
  // A client's socket has the process in its name; the newest is the one that is alive.
  const names = [...new Set([id, `${type}-${id}`])].map((each) => `${cluster}-${type}.${each}`);
  const sockets = names.flatMap((name) => [`/var/run/ceph/${name}.asok`, `/var/run/ceph/${name}.*.asok`]);
  const find = `socket=$(sudo sh -c ${quoteWord(`ls -t ${sockets.join(' ')} 2>/dev/null | head -n 1`)}); test -n "$socket" || exit 200`;
  const talk = `sudo timeout 60 ceph --cluster ${quoteWord(cluster)} --admin-daemon "$socket" ${words.map(quoteWord).join(' ')}`;
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const result = await remote.run(`${find}\n${talk}`, {
      check: false,
      collect: 'both',
      quiet: true,
      signal,
      label: `admin socket of ${role}: ${words.join(' ')}`,
    });
    if (result.exitStatus === 0) return result.stdout;
    const nobody = result.exitStatus === 200 || /Errno (2|111)\b/.test(result.stderr);
    const said = result.stderr.trim().split('\n').at(-1);
    if (!nobody)
      throw new AdminSocketError(
        `admin_socket: ${role} on ${remote.shortname} refuses '${words.join(' ')}': ${said || `status ${result.exitStatus}`}`,
      );
    if (Date.now() > deadline)
      throw new AdminSocketError(
        `admin_socket: ${role} on ${remote.shortname} has no admin socket that answers after ${patienceMs / 1000} s${said ? `: ${said}` : ''}`,
      );
    await sleep(1000, undefined, { signal });
  }
}

function checkJson(role: string, { command }: SocketCommand, answer: string): void {
  try {
    JSON.parse(answer);
  } catch (cause) {
    const shown = JSON.stringify(answer.slice(0, 80));
    throw new AdminSocketError(`admin_socket: ${role} answers '${command}' with no JSON but ${shown}`, {
      cause,
    });
  }
}

async function check(params: {
  role: string;
  remote: Remote;
  command: SocketCommand;
  answer: string;
  signal: AbortSignal;
}): Promise<void> {
  const { role, remote, command, answer, signal } = params;
  const label = `admin socket test ${command.test?.name} of ${role}`;
  const program = (await remote.sh('mktemp', { quiet: true, signal })).trim();
  try {
    await remote.writeFile(program, command.test?.program ?? '', { mode: '0755', signal });
    await remote.run([program], { stdin: answer, label, signal });
  } finally {
    await remote.run(['rm', '-f', '--', program], { quiet: true });
  }
}
