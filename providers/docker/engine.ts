import type Docker from 'dockerode';

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
  const engine = where === null ? new Client() : new Client(wayTo(where));
  try {
    await engine.ping();
  } catch (error) {
    const named = where ?? 'the default socket (or DOCKER_HOST)';
    throw new EngineUnavailableError(`no container engine answers on ${named}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return engine;
}

/** The host at which the ports of an engine's containers are found; null = this machine. */
export function engineHost(engine: Docker): string | null {
  const { host, socketPath } = engine.modem as { host?: string; socketPath?: string };
  if (socketPath !== undefined || host === undefined) return null;
  const name = host.replace(/^[a-z]+:\/\//, '');
  return ['localhost', '127.0.0.1', '::1'].includes(name) ? null : name;
}

function wayTo(where: string): Docker.DockerOptions {
  if (where.startsWith('/')) return { socketPath: where };
  const url = URL.canParse(where) ? new URL(where) : null;
  if (url?.protocol === 'unix:') return { socketPath: url.pathname };
  const port = url?.port ? { port: Number(url.port) } : {};
  if (url?.protocol === 'tcp:' && url.hostname !== '')
    return { protocol: 'http', host: url.hostname, ...port };
  if (url?.protocol === 'ssh:' && url.hostname !== '')
    return {
      protocol: 'ssh',
      host: url.hostname,
      ...port,
      ...(url.username === '' ? {} : { username: url.username }),
    };
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
