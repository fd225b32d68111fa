import { join } from 'node:path';
import type { Logger } from '../../core/ports/logger.ts';
import { openConnection } from './connection.ts';
import type { Connection } from './connection.ts';
import { createHostKeyCheck } from './host-key.ts';
import type { HostKeyCheck } from './host-key.ts';
import { authMethods } from './identities.ts';
import type { AuthMethod } from './identities.ts';
import { readKnownKeys } from './known-hosts.ts';
import { readSshConfig } from './ssh-config.ts';
import type { JumpHost, SshHostConfig } from './ssh-config.ts';

/** A host as a job names it. */
export interface SshTarget {
  readonly user: string; // '' = as ssh_config or the caller's login says
  readonly hostname: string;
  readonly shortname: string;
  readonly address: string;
  readonly port: number;
  readonly hostKey: string | null; // `ssh-ed25519 AAAA...`; null = the first one is accepted
  readonly identityFile: string | null;
}

/** The machine that connections are made from. */
export interface SshSite {
  readonly sshKey: string | null;
  readonly verifyHostKeys: boolean; // look at known_hosts when a target has no key
  readonly home: string;
  readonly loginName: string;
  readonly agentSocket: string | null;
}

/** How to reach a target, with every file read. Kept for the life of a remote, so that a first host key stays pinned. */
export interface Route {
  readonly user: string;
  readonly address: string;
  readonly port: number;
  readonly identityFile: string | null; // for people: the one that `ssh -i` needs
  readonly jumps: readonly Route[]; // outermost first
  readonly hostKey: HostKeyCheck;
  readonly auth: readonly AuthMethod[];
}

const deepestJump = 4;

/**
 * Reads ssh_config, known_hosts and keys for a target. What the target says wins over ssh_config: HostName counts when the target
 * has no address of its own, Port when its port is 22, User when it names none.
 */
export async function resolveRoute(target: SshTarget, site: SshSite, log: Logger, depth = 0): Promise<Route> {
  const config = await readSshConfig({
    file: join(site.home, '.ssh', 'config'),
    host: target.hostname,
    home: site.home,
  });
  const user = target.user || config.user || site.loginName;
  const ownAddress = target.address !== target.hostname;
  const address = ownAddress ? target.address : (config.hostName ?? target.address);
  const port = target.port === 22 ? (config.port ?? 22) : target.port;
  const jumps = depth < deepestJump ? config.proxyJump : [];
  return {
    user,
    address,
    port,
    identityFile: target.identityFile ?? site.sshKey,
    jumps: await Promise.all(jumps.map((jump) => resolveRoute(jumpTarget(jump), site, log, depth + 1))),
    hostKey: createHostKeyCheck({
      host: target.shortname,
      pinned: target.hostKey,
      known: site.verifyHostKeys ? await knownKeys({ target, address, port, site }) : [],
    }),
    auth: await login({ target, user, config, site, log }),
  };
}

function jumpTarget(jump: JumpHost): SshTarget {
  return {
    user: jump.user ?? '',
    hostname: jump.host,
    shortname: jump.host,
    address: jump.host,
    port: jump.port ?? 22,
    hostKey: null,
    identityFile: null,
  };
}

async function knownKeys(params: { target: SshTarget; address: string; port: number; site: SshSite }) {
  const folder = join(params.site.home, '.ssh');
  return await readKnownKeys({
    files: [join(folder, 'known_hosts'), join(folder, 'known_hosts2'), '/etc/ssh/ssh_known_hosts'],
    names: [...new Set([params.target.hostname, params.address])],
    port: params.port,
  });
}

async function login(params: {
  target: SshTarget;
  user: string;
  config: SshHostConfig;
  site: SshSite;
  log: Logger;
}): Promise<AuthMethod[]> {
  const { target, site } = params;
  return await authMethods(
    {
      host: target.shortname,
      user: params.user,
      identityFile: target.identityFile,
      siteKey: site.sshKey,
      configFiles: params.config.identityFiles,
      agentSocket: site.agentSocket,
      home: site.home,
    },
    params.log,
  );
}

/** Connects once along a route, through its jump hosts in order. `host` is for messages. */
export async function connectAlong(
  route: Route,
  options: { host: string; timeoutMs: number; signal?: AbortSignal },
): Promise<Connection> {
  let through: Connection | null = null;
  for (const hop of [...route.jumps.flatMap(flatten), route]) {
    const previous: Connection | null = through;
    try {
      through = await openConnection({ ...hop, ...options, through: previous });
    } catch (error) {
      await previous?.close();
      throw error;
    }
  }
  return through as Connection;
}

function flatten(route: Route): Route[] {
  return [...route.jumps.flatMap(flatten), route];
}
