import { randomBytes } from 'node:crypto';
import type { Writable } from 'node:stream';
import { isType } from '../../core/config/roles.ts';
import type { PlainValue, Task, TaskContext } from '../engine/task.ts';
import { parallel } from '../remote/parallel.ts';
import { quoteWord, Raw } from '../remote/quote.ts';
import { createBarrier } from './barrier.ts';
import type { Barrier } from './barrier.ts';
import { commandsOf, readShellLines } from './role-commands.ts';
import type { RoleCommands } from './role-commands.ts';
import { flag } from './argument-kinds.ts';
import { readMap, TaskConfigError } from './task-config.ts';
import { testVariables } from './test-variables.ts';
import { createTextWatch } from './text-watch.ts';

/** Hosts do not have the same number of meeting points, or one of them left before the last. */
class BarrierError extends Error {
  override readonly name = 'BarrierError';
}

/**
 * Runs shell lines on several hosts at once, one shell a role that reads them line by line and ends at the first that fails.
 * At a line `barrier` each host waits until all of them have executed what stands above it. A failure on one host ends the others.
 */
export const task: Task = async (ctx, config) => {
  ctx.log.info('Executing custom commands...');
  const { sudo, shells } = readShells(ctx, config);
  const meeting = createBarrier(shells.length);
  const runs = shells.map(
    (shell) => (signal: AbortSignal) => runShell({ ctx, sudo, shell, meeting, signal }),
  );
  await parallel(runs, { signal: ctx.signal });
};

/** The lines between two barriers are one part; every shell has as many parts as the others. */
interface Shell {
  readonly role: string;
  readonly remote: RoleCommands['remote'];
  readonly parts: readonly (readonly string[])[];
}

const expected = "a map from roles (or 'all' or 'clients') to shell lines";

function readShells(ctx: TaskContext, config: PlainValue): { sudo: boolean; shells: readonly Shell[] } {
  const { sudo: asRoot = false, ...map } = readMap({ task: 'pexec', path: '' }, config, expected);
  const sudo = flag.read(asRoot);
  if (sudo === undefined) {
    throw new TaskConfigError({ task: 'pexec', path: 'sudo', expected: flag.name, given: asRoot });
  }
  if (Object.keys(map).length === 0) {
    throw new TaskConfigError({ task: 'pexec', path: '', expected, given: config });
  }
  const shells = Object.entries(map)
    .flatMap(([key, given]) => linesOf(ctx, key, given))
    .map(({ role, remote, commands }) => ({ role, remote, parts: partsOf(commands) }));
  checkBarriers(shells);
  return { sudo, shells };
}

function linesOf(ctx: TaskContext, key: string, given: PlainValue): RoleCommands[] {
  if (key !== 'all' && key !== 'clients') return [commandsOf({ task: 'pexec', ctx, role: key, given })];
  const commands = readShellLines({ task: 'pexec', ctx, path: key, given });
  return ctx.cluster.hosts.flatMap(({ remote, roles }) => {
    const chosen = key === 'all' ? [roles[0] ?? remote.shortname] : roles.filter(isType('client'));
    return chosen.map((role) => ({ role, remote, commands }));
  });
}

function partsOf(lines: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  for (const line of lines) {
    if (line === 'barrier') parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts;
}

function checkBarriers(shells: readonly Shell[]): void {
  if (new Set(shells.map(({ parts }) => parts.length)).size <= 1) return;
  const counts = shells.map(({ role, parts }) => `${role} has ${parts.length - 1}`).join(', ');
  throw new BarrierError(`pexec: every host needs the same number of 'barrier' lines, but ${counts}`);
}

async function runShell(params: {
  ctx: TaskContext;
  sudo: boolean;
  shell: Shell;
  meeting: Barrier;
  signal: AbortSignal;
}): Promise<void> {
  const { ctx, shell, meeting, signal } = params;
  const { role, remote, parts } = shell;
  ctx.log.info(`Running commands on role ${role} host ${remote.name}`);
  const output = createTextWatch();
  const variables = Object.entries(testVariables(ctx, { remote, root: params.sudo }));
  const assignments = variables.map(([name, value]) => new Raw(`${name}=${quoteWord(value)}`));
  const process = await remote.start([...(params.sudo ? ['sudo'] : []), ...assignments, 'bash', '-s'], {
    stdin: 'pipe',
    signal,
    onStdout: (chunk) => output.push(chunk),
  });
  const ended = process.wait();
  ended.catch(() => {}); // It is awaited below, unless an earlier failure is thrown instead.
  const unlessEnded = <T>(waiting: Promise<T>, barrier: number): Promise<T> =>
    Promise.race([waiting, ended.then(() => Promise.reject(leftEarly(role, barrier)))]);

  // A shell that ends while it is written to is no failure of the writing: its exit status tells.
  process.stdin?.on('error', () => {});
  const feed = (text: string): Promise<unknown> => Promise.race([write(process.stdin, text), ended]);
  await feed('set -e\n');
  for (const [index, lines] of parts.entries()) {
    if (lines.length > 0) await feed(`${lines.join('\n')}\n`);
    if (index === parts.length - 1) break;
    // The shell itself says when it has come this far: that a line was written to it says nothing about its execution.
    const mark = `pexec: barrier ${index + 1} reached [${randomBytes(4).toString('hex')}]`;
    const reached = output.seen(mark);
    await feed(`echo '${mark}'\n`);
    await unlessEnded(reached, index + 1);
    await unlessEnded(meeting.arrive(), index + 1);
  }
  process.stdin?.end();
  await ended;
}

function leftEarly(role: string, barrier: number): BarrierError {
  return new BarrierError(
    `pexec: the shell of ${role} ended before barrier ${barrier}, where the others would have waited for it`,
  );
}

/** Resolves when the stream has taken the text in, so that no more than one part is ever held in memory. */
function write(stdin: Writable | null, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (stdin === null) resolve();
    else stdin.write(text, () => resolve());
  });
}
