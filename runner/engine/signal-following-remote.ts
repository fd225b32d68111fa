import type { Remote } from '../remote/remote.ts';
import { currentSignal } from './current-signal.ts';

/**
 * A remote whose calls end with the task that makes them: where no signal is given, the signal of the running task is used.
 * Processes that `start` leaves running live until their task's undo ends them, or until nothing more may be done to the hosts.
 */
export function followTaskSignal(remote: Remote, unwinding: AbortSignal): Remote {
  const follow = <T extends { signal?: AbortSignal }>(options: T | undefined): T => {
    const signal = options?.signal ?? currentSignal();
    return { ...options, ...(signal ? { signal } : {}) } as T;
  };
  return {
    name: remote.name,
    shortname: remote.shortname,
    user: remote.user,
    hostname: remote.hostname,
    get testDir() {
      return remote.testDir;
    },
    get connected() {
      return remote.connected;
    },
    get sshCommand() {
      return remote.sshCommand;
    },
    connect: (options) => remote.connect(follow(options)),
    reconnect: (options) => remote.reconnect(follow(options)),
    close: () => remote.close(),
    isOnline: () => remote.isOnline(),
    reboot: (options) => remote.reboot(follow(options)),
    run: (command, options) => remote.run(command, follow(options)),
    start: (command, options) => remote.start(command, { ...options, signal: options?.signal ?? unwinding }),
    sh: (script, options) => remote.sh(script, follow(options)),
    writeFile: (path, content, options) => remote.writeFile(path, content, follow(options)),
    readFile: (path, options) => remote.readFile(path, follow(options)),
    putFile: (from, to, options) => remote.putFile(from, to, follow(options)),
    getFile: (from, to, options) => remote.getFile(from, to, follow(options)),
    pullDirectory: (path, receive, options) => remote.pullDirectory(path, receive, follow(options)),
    os: () => remote.os(),
    arch: () => remote.arch(),
  };
}
