import type Docker from 'dockerode';
import { sshTunnel } from './ssh-tunnel.ts';
import type { SshTarget } from './ssh-tunnel.ts';

/** No container engine answers; the message says where it was looked for. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}

/**
 * A container engine, once it has answered: a socket's path, `unix:///PATH`, `tcp://HOST:PORT` or `ssh://USER@HOST`; null is the one
 * of DOCKER_HOST, or of this machine. The client library is loaded only here, because it costs more time than everything else
 * that a command line loads.
 */
export async function openEngine(where: string | null): Promise<Docker> {
  const { default: Client } = await import('dockerode');
  const usual = where === null ? new Client() : null;
  const ssh = usual === null ? sshTarget(where ?? '') : sshOf(usual);
  const tunnel = ssh === null ? null : await sshTunnel(ssh);
  const engine =
    tunnel === null && usual !== null
      ? usual
      : new Client(tunnel === null ? wayTo(where ?? '') : socketAt(tunnel.socketPath));
  if (ssh !== null) throughSsh.set(engine, ssh.host);
  try {
    await engine.ping();
  } catch (error) {
    const named = where ?? 'the default socket (or DOCKER_HOST)';
    const why = [tunnel?.complaint() ?? '', (error as Error).message].find((text) => text !== '');
    throw new EngineUnavailableError(`no container engine answers on ${named}: ${why}`, { cause: error });
  }
  return engine;
}

const throughSsh = new WeakMap<Docker, string>();

/** The host at which the ports of an engine's containers are found; null = this machine. */
export function engineHost(engine: Docker): string | null {
  const { host, socketPath } = engine.modem as { host?: string; socketPath?: string };
  const far = throughSsh.get(engine) ?? (socketPath === undefined ? host : undefined);
  const name = far?.replace(/^[a-z]+:\/\//, '') ?? 'localhost';
  return ['localhost', '127.0.0.1', '::1'].includes(name) ? null : name;
}

/** What the client library made of an `ssh://` in DOCKER_HOST, which it would follow without a look at host keys. */
function sshOf(engine: Docker): SshTarget | null {
  const { protocol, host, port, username } = engine.modem as {
    protocol?: string;
    host?: string;
    port?: string | number;
    username?: string;
  };
  if (protocol !== 'ssh' || host === undefined) return null;
  return { host, user: username ?? '', port: String(port ?? '') };
}

function sshTarget(where: string): SshTarget | null {
  const url = URL.canParse(where) ? new URL(where) : null;
  if (url?.protocol !== 'ssh:' || url.hostname === '') return null;
  return { host: url.hostname, user: decodeURIComponent(url.username), port: url.port };
}

/** Protocol and host are said, too: the client library takes what is not from DOCKER_HOST. */
function socketAt(socketPath: string): Docker.DockerOptions {
  return { socketPath, protocol: 'http', host: '' };
}

function wayTo(where: string): Docker.DockerOptions {
  if (where.startsWith('/')) return socketAt(where);
  const url = URL.canParse(where) ? new URL(where) : null;
  if (url?.protocol === 'unix:') return socketAt(url.pathname);
  if (url?.protocol === 'tcp:' && url.hostname !== '')
    return { protocol: 'http', host: url.hostname, ...(url.port ? { port: Number(url.port) } : {}) };
  throw new EngineUnavailableError(
    `'${where}' names no container engine: give a socket's path, tcp://HOST:PORT or ssh://USER@HOST`,
  );
}

/** The status that the engine answered a failed request with; null for other failures. */
export function engineStatus(error: unknown): number | null {
  const status = (error as { statusCode?: unknown }).statusCode;
  return typeof status === 'number' ? status : null;
}

/** Ignores that something is already gone, or going; rethrows everything else. */
export function unlessGone(error: unknown): void {
  const status = engineStatus(error);
  if (status === 404 || (status === 409 && /already in progress/.test(String(error)))) return;
  throw error;
}
