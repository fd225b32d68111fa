import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { keptKey } from '../ssh-key.ts';
import { replaceFile } from '../replace-file.ts';
import { SshProbeError, probeLogin, readHostKey } from '../ssh-probe.ts';
import { openNodeFolder } from './node-folder.ts';
import type { NodeFolder } from './node-folder.ts';
import { killConnections, opensshObstacle, startOpenssh } from './openssh.ts';
import { findProcess, isRunning, killMarked, killTree } from './processes.ts';
import { serverMark } from './server-environment.ts';
import type { ServerParams } from './server-environment.ts';
import { startSsh2Server } from './ssh2-process.ts';

export type ServerKind = 'openssh' | 'ssh2';

export interface EndpointOptions {
  readonly folder: string; // holds the client key and one folder per node
  readonly name: string;
  readonly server?: ServerKind; // default: OpenSSH where it can serve, else ssh2
  readonly port?: number; // default: the last one, else any free one
  readonly maxSessions?: number; // channels per connection, default 1000
}

/** A real SSH server on loopback that logs in the invoking user, with a home of its own. */
export interface Endpoint {
  readonly name: string;
  readonly user: string;
  readonly address: '127.0.0.1';
  readonly port: number;
  readonly hostKey: string; // `ssh-ed25519 AAAA...`
  readonly identityFile: string;
  readonly home: string;
  readonly server: ServerKind;
  readonly pid: number;
  /** Kills the node's server, also one started later, its connections and every process its users left. The folder stays. Safe to call twice. */
  stop(): Promise<void>;
  /** Whether the server process runs and shows its host key. */
  alive(): Promise<boolean>;
}

/** An SSH server did not come up; the message ends with its last log lines. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
}

const stateSchema = z.object({
  server: z.enum(['openssh', 'ssh2']),
  port: z.int(),
  pid: z.int(),
  startTime: z.string(),
  maxSessions: z.int(),
});
type State = z.infer<typeof stateSchema>;

/**
 * Starts the SSH server of one node, or adopts the one that an earlier process left running. Host key, port and home are kept
 * in the folder, so that a node looks the same after each start. Returns once a login works.
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const node = await openNodeFolder(options.folder, options.name);
  const clientKey = await keptKey(join(options.folder, 'id_ed25519'));
  const hostKey = (await keptKey(node.hostKeyFile)).publicKey;
  const build = (state: State) => endpointOf({ node, state, hostKey, identityFile: clientKey.file });
  const last = await readState(node);
  if (last !== null) {
    const running = build(last);
    if (suits(last, options) && (await running.alive())) return running;
    await running.stop();
  }
  const server = options.server ?? last?.server ?? (opensshObstacle() === null ? 'openssh' : 'ssh2');
  const params = { node, clientKeyFile: clientKey.file, maxSessions: options.maxSessions ?? 1000 };
  const state = await startServer({
    ...params,
    server,
    hostKey,
    port: options.port ?? null,
    lastPort: last?.port ?? null,
  });
  return build(state);
}

/** Ends a node's server, also one left by an earlier process, with its connections and every process its users left. */
export async function stopEndpoint(folder: string, name: string): Promise<void> {
  const node = await openNodeFolder(folder, name);
  await stopNode(node, await readState(node));
}

async function stopNode(node: NodeFolder, state: State | null): Promise<void> {
  if (state !== null) await killTree(state);
  await killConnections(node);
  await killMarked(serverMark(node)); // also one that the state file does not know
  await killMarked(node.mark);
}

function suits(state: State, options: EndpointOptions): boolean {
  return (
    state.server === (options.server ?? state.server) &&
    state.port === (options.port ?? state.port) &&
    state.maxSessions === (options.maxSessions ?? state.maxSessions)
  );
}

function endpointOf(params: {
  node: NodeFolder;
  state: State;
  hostKey: string;
  identityFile: string;
}): Endpoint {
  const { node, state, hostKey, identityFile } = params;
  const { port, server, pid } = state;
  return {
    name: node.name,
    user: userInfo().username,
    address: '127.0.0.1',
    port,
    hostKey,
    identityFile,
    home: node.home,
    server,
    pid,
    stop: () => stopNode(node, state),
    async alive() {
      if (!(await isRunning(state))) return false;
      try {
        return (await readHostKey({ address: '127.0.0.1', port })) === hostKey;
      } catch (error) {
        if (error instanceof SshProbeError) return false;
        throw error;
      }
    },
  };
}

type StartParams = Omit<ServerParams, 'port'> & {
  readonly server: ServerKind;
  readonly hostKey: string;
  readonly port: number | null; // must be this one
  readonly lastPort: number | null; // should be this one
};

async function startServer(params: StartParams): Promise<State> {
  const fixed = params.port;
  if (params.server === 'openssh') {
    const obstacle = opensshObstacle();
    if (obstacle !== null)
      throw new EndpointError(`OpenSSH cannot serve node ${params.node.name}: ${obstacle}`);
  }
  // A free port may be taken by somebody else before the server listens on it: then another is tried.
  for (let attempt = 1; ; attempt += 1) {
    const port = fixed ?? (attempt === 1 ? params.lastPort : null) ?? (await freePort());
    try {
      return await launch({ ...params, port });
    } catch (error) {
      if (!(error instanceof PortTakenError) || fixed !== null || attempt === 5) throw error;
    }
  }
}

/** The port of a server belongs to another program. */
class PortTakenError extends EndpointError {}

async function launch(params: StartParams & { port: number }): Promise<State> {
  const { node, port, server, hostKey, clientKeyFile, maxSessions } = params;
  const child = await (server === 'openssh' ? startOpenssh(params) : startSsh2Server(params));
  const failure = new Promise<Error>((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code, signal) => resolve(new Error(`the server ended with ${signal ?? code}`)));
  });
  child.unref();
  const found = child.pid === undefined ? null : await findProcess(child.pid);
  try {
    if (found === null) throw await failure;
    const state = { server, port, maxSessions, ...found };
    await replaceFile(node.stateFile, JSON.stringify(state));
    await untilLogin({ port, hostKey, identityFile: clientKeyFile, failure });
    return state;
  } catch (error) {
    if (found !== null) await killTree(found);
    const log = await lastLines(node.log);
    const text = `${server} server of node ${node.name} on port ${port}: ${(error as Error).message}\n${log}`;
    if (/address already in use|EADDRINUSE/i.test(log)) throw new PortTakenError(text, { cause: error });
    throw new EndpointError(text, { cause: error });
  }
}

async function untilLogin(params: {
  port: number;
  hostKey: string;
  identityFile: string;
  failure: Promise<Error>;
}): Promise<void> {
  const { failure, ...login } = params;
  const target = { ...login, address: '127.0.0.1', user: userInfo().username };
  const deadline = Date.now() + 60_000;
  const failed = failure.then((error) => {
    throw error;
  });
  for (let pause = 10; ; pause = Math.min(pause * 2, 200)) {
    try {
      await Promise.race([probeLogin(target), failed]);
      return;
    } catch (error) {
      const early = error instanceof SshProbeError && error.kind === 'unreachable';
      if (!early || Date.now() > deadline) throw error;
    }
    await Promise.race([sleep(pause), failed]);
  }
}

async function readState(node: NodeFolder): Promise<State | null> {
  const text = await readFile(node.stateFile, 'utf8').catch(() => '');
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-8).join('\n');
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return await promise;
}
