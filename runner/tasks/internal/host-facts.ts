import type { Remote } from '../../remote/remote.ts';

/** What decides which of the initial tasks make sense on a host. */
export interface HostFacts {
  readonly root: boolean; // sudo gives root over a machine of its own
  readonly sandbox: boolean; // a sandbox node: files outside of the login's home are the machine's
  readonly container: boolean;
  readonly rsyslog: boolean;
}

const probe = [
  'echo "uid=$(sudo -n id -u </dev/null 2>/dev/null)"',
  'echo "node=${LOLIGO_NODE:+sandbox}"',
  'if test -f /run/.containerenv -o -f /.dockerenv; then echo container=yes; fi',
  'if test -d /etc/rsyslog.d && { command -v rsyslogd || test -x /usr/sbin/rsyslogd; } >/dev/null 2>&1; then echo rsyslog=yes; fi',
].join('; ');

const known = new WeakMap<Remote, Promise<HostFacts>>();

/** Asks the host once; later calls get the first answer. */
export function hostFacts(remote: Remote): Promise<HostFacts> {
  const facts = known.get(remote) ?? ask(remote);
  known.set(remote, facts);
  return facts;
}

async function ask(remote: Remote): Promise<HostFacts> {
  const answer = (await remote.sh(probe, { quiet: true, label: 'what the host is' })).split('\n');
  const sandbox = answer.includes('node=sandbox');
  return {
    root: answer.includes('uid=0') && !sandbox,
    sandbox,
    container: answer.includes('container=yes'),
    rsyslog: answer.includes('rsyslog=yes'),
  };
}
