import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, PublicKeyAuthContext } from 'ssh2';
import type { Ssh2ServerConfig } from './ssh2-config.ts';
import { serveSession } from './ssh2-session.ts';

const maxAuthTries = 6; // sshd's default

/** Listens until the process ends. Behaves as sshd does towards clients; commands run in a real shell. */
export async function serveSsh2(config: Ssh2ServerConfig): Promise<void> {
  const server = new ssh2.Server({ hostKeys: [readFileSync(config.hostKeyFile)] }, (connection, info) =>
    serveConnection(connection, `${info.ip} ${info.port} 127.0.0.1 ${config.port}`, config),
  );
  // Without TCP_NODELAY each short answer waits for the client's delayed acknowledgement.
  const sockets = createServer({ noDelay: true }, (socket) => server.injectSocket(socket));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  sockets.once('error', reject);
  sockets.listen({ port: config.port, host: '127.0.0.1', backlog: 1000 }, resolve);
  await promise;
}

function serveConnection(connection: Connection, peer: string, config: Ssh2ServerConfig): void {
  let tries = 0;
  let open = 0;
  const hangUps = new Set<() => void>();
  connection.on('authentication', (context) => {
    if (allowed(context, config)) context.accept();
    else if (context.method === 'none' || (tries += 1) < maxAuthTries) context.reject(['publickey']);
    else connection.end();
  });
  connection.on('session', (accept, reject) => {
    if (open >= config.maxSessions) {
      reject();
      return;
    }
    open += 1;
    const hangUp = serveSession(accept(), { config, peer, onEnd: () => ended() });
    const ended = () => {
      if (hangUps.delete(hangUp)) open -= 1;
    };
    hangUps.add(hangUp);
  });
  // A client that breaks off is an everyday event; what it started is told to end.
  connection.on('error', () => undefined);
  connection.on('close', () => {
    for (const hangUp of hangUps) hangUp();
  });
}

function allowed(context: AuthContext, config: Ssh2ServerConfig): boolean {
  if (context.method !== 'publickey' || context.username !== config.user) return false;
  return authorizedKeys(config.authorizedKeys).some((key) => proves(context, key));
}

/** Without a signature the client only asks whether the key would do. */
function proves(context: PublicKeyAuthContext, key: ssh2.ParsedKey): boolean {
  if (!key.getPublicSSH().equals(context.key.data)) return false;
  if (context.signature === undefined || context.blob === undefined) return true;
  return key.verify(context.blob, context.signature, context.hashAlgo) === true;
}

function authorizedKeys(files: readonly string[]): ssh2.ParsedKey[] {
  return files.flatMap(readLines).flatMap((line) => {
    const key = ssh2.utils.parseKey(line);
    return key instanceof Error ? [] : [key];
  });
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
