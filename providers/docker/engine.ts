import type Docker from 'dockerode';

/** No container engine answers; the message says where it was looked for. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}

/**
 * The container engine of this machine, once it has answered. The client library is loaded only here, because it costs
 * more time than everything else that a command line loads.
 */
export async function openEngine(socket: string | null): Promise<Docker> {
  const { default: Client } = await import('dockerode');
  const engine = socket === null ? new Client() : new Client({ socketPath: socket });
  try {
    await engine.ping();
  } catch (error) {
    const where = socket ?? 'the default socket (or DOCKER_HOST)';
    throw new EngineUnavailableError(`no container engine answers on ${where}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return engine;
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
