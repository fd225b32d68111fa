import type { SiteConfig } from '../../core/config/site-settings.ts';
import { shortname } from '../../core/config/targets.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { createSshRemote } from '../../runner/remote/ssh-remote.ts';

/** What a host says of itself. */
export interface ProbedHost {
  readonly arch: string;
  readonly osType: string;
  readonly osVersion: string; // at most two components
}

/** How to reach a host; its key is known already. */
export interface HostToProbe {
  readonly name: string;
  readonly user: string;
  readonly address: string;
  readonly port: number;
  readonly hostKey: string;
  readonly identityFile: string | null;
}

const attempts = 2;

/** Logs in to a host and asks what it is. Throws what the connection threw, after two attempts. */
export async function probeHost(host: HostToProbe, site: SiteConfig): Promise<ProbedHost> {
  const { name, ...rest } = host;
  const remote = createSshRemote({
    target: { ...rest, hostname: name, shortname: shortname(name) },
    site,
    log: quiet,
    agentSocket: site.agentSocket,
  });
  try {
    await remote.connect({ attempts });
    const { name: osType, version } = await remote.os();
    return { arch: await remote.arch(), osType, osVersion: version.split('.').slice(0, 2).join('.') };
  } finally {
    await remote.close();
  }
}

/** What goes wrong is in the error; the rest is nobody's business here. */
const quiet: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  critical() {},
  child: () => quiet,
};
