import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import { InputError } from '../client/failure.ts';

type Fetch = (request: Request, address: string | undefined) => Response | Promise<Response>;

/** A listening server; until `serve` is called it answers that the lab is starting. */
export interface LabServer {
  readonly port: number;
  serve(fetch: Fetch): void;
  /** Ends open answers too: a followed log would keep the server for ever. */
  close(): Promise<void>;
}

/** Listens on loopback. A port that was asked for must be free; the remembered one gives way to any other. */
export async function listen(params: {
  host: string;
  port: number | null;
  remembered: number;
}): Promise<LabServer> {
  let fetch: Fetch = () =>
    new Response('the lab is starting\n', { status: 503, headers: { 'retry-after': '1' } });
  const server = createAdaptorServer({
    fetch: (request, env) => fetch(request, (env as HttpBindings).incoming.socket.remoteAddress),
  }) as Server;
  server.keepAliveTimeout = 5000;
  try {
    await listening(server, params.port ?? params.remembered, params.host);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    if (params.port !== null) throw new InputError(`port ${params.port} is in use`, { cause });
    await listening(server, 0, params.host);
  }
  return {
    port: (server.address() as AddressInfo).port,
    serve: (next) => {
      fetch = next;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const slow = setTimeout(() => server.closeAllConnections(), 500);
      await closed;
      clearTimeout(slow);
    },
  };
}

async function listening(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}
