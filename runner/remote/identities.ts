import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { AgentAuthMethod, PublicKeyAuthMethod } from 'ssh2';
import type { Logger } from '../../core/ports/logger.ts';
import { IdentityFileError } from './transport-errors.ts';

export type AuthMethod = PublicKeyAuthMethod | AgentAuthMethod;

/** Where private keys for one host may be; the first of the three kinds of named files that exists is the only one used. */
export interface IdentitySources {
  readonly host: string;
  readonly user: string;
  readonly identityFile: string | null; // of the target
  readonly siteKey: string | null;
  readonly configFiles: readonly string[]; // IdentityFile in ssh_config
  readonly agentSocket: string | null;
  readonly home: string;
}

const defaultNames = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/**
 * How to log in, in the order to try: the named key (target, else site, else ssh_config), the agent, the keys in `~/.ssh`. A key that was
 * named for this host or site and cannot be read throws IdentityFileError; others that cannot be used are passed over with a log line.
 */
export async function authMethods(sources: IdentitySources, log: Logger): Promise<AuthMethod[]> {
  const methods: AuthMethod[] = [];
  const named = sources.identityFile ?? sources.siteKey;
  if (named === null) methods.push(...(await usableKeys(sources.configFiles, sources, log)));
  else methods.push(await namedKey(named, sources));
  if (sources.agentSocket !== null && existsSync(sources.agentSocket)) {
    methods.push({ type: 'agent', username: sources.user, agent: sources.agentSocket });
  }
  const files = defaultNames.map((name) => join(sources.home, '.ssh', name)).filter((file) => file !== named);
  methods.push(...(await usableKeys(files, sources, log)));
  return methods;
}

async function namedKey(file: string, sources: IdentitySources): Promise<AuthMethod> {
  try {
    return await readKey(file, sources.user);
  } catch (cause) {
    throw new IdentityFileError(sources.host, { file, cause });
  }
}

async function usableKeys(
  files: readonly string[],
  sources: IdentitySources,
  log: Logger,
): Promise<AuthMethod[]> {
  const methods: AuthMethod[] = [];
  for (const file of files.filter((file) => existsSync(file))) {
    try {
      methods.push(await readKey(file, sources.user));
    } catch (error) {
      log.debug(
        `Passing over private key ${file}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  return methods;
}

async function readKey(file: string, username: string): Promise<PublicKeyAuthMethod> {
  const key = await readFile(file);
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  return { type: 'publickey', username, key };
}
