import type { MakeRemote } from '../job/job-run.ts';
import type { Remote } from './remote.ts';

type Place = Parameters<MakeRemote>[0];

/** A host whose machine may be replaced in the middle of a job. */
export interface SwitchableRemote extends Remote {
  /**
   * Ends the connections and has the next command wait until `bring` has brought the new machine and it answers; commands at the same
   * time share one wait, and one failure. Another call before that takes the place of the first.
   */
  switchTo(bring: () => Promise<Partial<Place>>): Promise<void>;
}

/** Makes a remote with `make`, and another one in its place after each switch; the new host key is pinned as the first one was. */
export function switchableRemote(first: Place, make: MakeRemote): SwitchableRemote {
  let place = first;
  let current = make(first);
  let arriving: (() => Promise<Remote>) | null = null;

  const here = async (): Promise<Remote> => (arriving === null ? current : await arriving());
  const arrive = async (bring: () => Promise<Partial<Place>>): Promise<Remote> => {
    place = { ...place, ...(await bring()) };
    const next = make(place);
    await next.connect();
    current = next;
    return next;
  };
  return {
    name: current.name,
    shortname: current.shortname,
    user: current.user,
    hostname: current.hostname,
    get testDir() {
      return current.testDir;
    },
    get connected() {
      return arriving === null && current.connected;
    },
    get sshCommand() {
      return current.sshCommand;
    },
    async switchTo(bring) {
      let once: Promise<Remote> | null = null;
      const mine = (): Promise<Remote> =>
        (once ??= arrive(bring).then((next) => {
          if (arriving === mine) arriving = null;
          return next;
        }));
      arriving = mine;
      await current.close();
    },
    connect: async (options) => (await here()).connect(options),
    reconnect: async (options) => (await here()).reconnect(options),
    close: () => current.close(),
    isOnline: async () => (await here()).isOnline(),
    reboot: async (options) => (await here()).reboot(options),
    run: async (command, options) => (await here()).run(command, options),
    start: async (command, options) => (await here()).start(command, options),
    sh: async (script, options) => (await here()).sh(script, options),
    writeFile: async (path, content, options) => (await here()).writeFile(path, content, options),
    readFile: async (path, options) => (await here()).readFile(path, options),
    putFile: async (from, to, options) => (await here()).putFile(from, to, options),
    getFile: async (from, to, options) => (await here()).getFile(from, to, options),
    pullDirectory: async (path, receive, options) => (await here()).pullDirectory(path, receive, options),
    os: async () => (await here()).os(),
    arch: async () => (await here()).arch(),
  };
}
