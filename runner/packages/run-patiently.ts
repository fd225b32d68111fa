import type { CommandResult, Remote } from '../remote/remote.ts';
import { attempts } from '../remote/retry.ts';
import type { PackageManagerOptions } from './package-manager.ts';

/**
 * Runs a command of a package manager and resolves with its end, whatever that is. While its standard error says that it should be tried
 * later, it is, up to 30 times; `waiting` is called before each pause.
 */
export async function runPatiently(params: {
  remote: Remote;
  command: readonly string[];
  options: PackageManagerOptions;
  later: RegExp;
  waiting: (failure: CommandResult) => Promise<void>;
}): Promise<CommandResult> {
  const { remote, command, options, later, waiting } = params;
  const { log, signal, retrySeconds = 10 } = options;
  const action = `${command.find((word) => /get|yum|zypper|dnf/.test(word)) ?? 'packages'} on ${remote.shortname}`;
  for await (const attempt of attempts({ sleep: retrySeconds, tries: 30, action, signal })) {
    const result = await remote.run(command, { check: false, collect: 'both', signal, logger: log });
    if (result.exitStatus === 0 || !later.test(result.stderr)) return result;
    log.info(`${remote.shortname}: the packages are busy, try ${attempt} of 30`);
    await waiting(result);
  }
  throw new Error('unreachable: attempts throws when they are used up');
}
