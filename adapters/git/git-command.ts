import { execa, execaSync } from 'execa';
import type { ExecaError } from 'execa';
import { SuiteSourceError } from '../../core/ports/suite-source.ts';

export interface GitCall {
  readonly gitDir: string; // that of the call, also for commands that only talk to a server
  readonly args: readonly string[];
  readonly deadlineMs: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly mostBytes?: number; // of output; 1 MiB when not given
}

/** git is not on the PATH. */
export class GitMissingError extends SuiteSourceError {
  override readonly name = 'GitMissingError';
  constructor(cause: unknown) {
    super('there is no git program on the PATH, which suites in repositories need', { cause });
  }
}

/** A git command that was ended because its time was over. */
export class GitTimeoutError extends SuiteSourceError {
  override readonly name = 'GitTimeoutError';
  constructor(params: { command: string; deadlineMs: number; cause: unknown }) {
    const { command, deadlineMs, cause } = params;
    super(`git ${command} was not done after ${deadlineMs / 1000} s`, { cause });
  }
}

/** A git command that failed; `reason` is what git said last. */
export class GitFailedError extends SuiteSourceError {
  override readonly name = 'GitFailedError';
  readonly reason: string;
  constructor(params: { command: string; reason: string; cause: unknown }) {
    super(`git ${params.command} failed: ${params.reason}`, { cause: params.cause });
    this.reason = params.reason;
  }
}

/**
 * What git said on stdout. It never asks for credentials, runs no hook, and reaches servers only over http(s), ssh, git and file.
 * The caller answers for its arguments: names from outside go behind `--`.
 */
export async function git(call: GitCall): Promise<Buffer> {
  // A group of its own: the programs with which git talks to servers outlive it, so that all of them have to be ended together.
  const running = execa('git', argumentsOf(call), { ...optionsOf(call), detached: true });
  let isLate = false;
  const deadline = setTimeout(() => {
    isLate = true;
    killGroup(running.pid);
  }, call.deadlineMs);
  try {
    return Buffer.from((await running).stdout);
  } catch (error) {
    if (isLate) throw timedOut(call, error);
    throw explained(error, call);
  } finally {
    clearTimeout(deadline);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** `git`, but the caller waits: for single objects only, a few milliseconds each. */
export function gitSync(call: GitCall): Buffer {
  try {
    return Buffer.from(
      execaSync('git', argumentsOf(call), { ...optionsOf(call), timeout: call.deadlineMs }).stdout,
    );
  } catch (error) {
    throw explained(error, call);
  }
}

const settings = {
  'core.hooksPath': '/dev/null',
  'core.autocrlf': 'false',
  'core.symlinks': 'true',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  // Fetched objects stay in one pack, which can be moved as a whole.
  'fetch.unpackLimit': '1',
  'transfer.unpackLimit': '1',
  'fetch.fsckObjects': 'false',
  'http.lowSpeedLimit': '1',
  'http.lowSpeedTime': '60',
} as const;

function argumentsOf({ gitDir, args }: GitCall): string[] {
  const set = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  return [`--git-dir=${gitDir}`, ...set, ...args];
}

const environment = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '', // Set and empty: no other program is asked either.
  SSH_ASKPASS_REQUIRE: 'never', // And ssh has no terminal to ask on, since git runs in a session of its own.
  GCM_INTERACTIVE: 'never',
  GIT_ALLOW_PROTOCOL: 'http:https:ssh:git:file',
  GIT_LFS_SKIP_SMUDGE: '1',
  GIT_OPTIONAL_LOCKS: '0',
  // A session inside a hook has these set for another repository.
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_OBJECT_DIRECTORY: undefined,
  GIT_ALTERNATE_OBJECT_DIRECTORIES: undefined,
  GIT_NAMESPACE: undefined,
};

function optionsOf({ gitDir, input, env, mostBytes }: GitCall) {
  return {
    cwd: gitDir,
    env: { ...environment, ...env },
    input: input ?? '',
    encoding: 'buffer',
    maxBuffer: mostBytes ?? 1024 * 1024,
    stripFinalNewline: false,
  } as const;
}

function explained(error: unknown, call: GitCall): unknown {
  if (!(error instanceof Error)) return error;
  const command = call.args[0] ?? '';
  const failure = error as ExecaError<{ encoding: 'buffer' }>;
  if (failure.code === 'ENOENT') return new GitMissingError(error);
  if (failure.timedOut) return timedOut(call, error);
  return new GitFailedError({ command, reason: reasonOf(failure), cause: error });
}

function timedOut({ args, deadlineMs }: GitCall, cause: unknown): GitTimeoutError {
  return new GitTimeoutError({ command: args[0] ?? '', deadlineMs, cause });
}

/** The line with which git gave up; what servers and helpers said stands before it. */
function reasonOf(failure: ExecaError<{ encoding: 'buffer' }>): string {
  const said = Buffer.from(failure.stderr ?? '').toString();
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const fatal = lines.filter((line) => /^(fatal|error|remote): /.test(line));
  const reason = (fatal.length > 0 ? fatal : lines).slice(0, 3).join('; ');
  return reason === '' ? failure.shortMessage : reason.replaceAll(/\/\/[^/@\s]*@/g, '//');
}
