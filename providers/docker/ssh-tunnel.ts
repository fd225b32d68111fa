import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A local socket behind which another machine's container engine answers. */
export interface SshTunnel {
  readonly socketPath: string;
  /** What ssh complained of last; empty when it did not. */
  complaint(): string;
}

/** A machine, and who logs in; empty = as ssh has it. */
export interface SshTarget {
  readonly host: string;
  readonly user: string;
  readonly port: string;
}

const tunnels = new Map<string, Promise<SshTunnel>>();

/**
 * Opens the way to the engine of another machine: each connection to the socket is one `ssh` that runs `docker system dial-stdio` there, so
 * that keys, known hosts and settings are those of the person's own ssh, which never asks a question here. One socket for each machine
 * and process; it keeps no process alive and goes with it.
 */
export function sshTunnel(target: SshTarget): Promise<SshTunnel> {
  const key = JSON.stringify(target);
  const tunnel = tunnels.get(key) ?? listen(target);
  tunnels.set(key, tunnel);
  return tunnel;
}

async function listen({ host, user, port }: SshTarget): Promise<SshTunnel> {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-engine-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const socketPath = join(folder, 'engine.sock');
  const whereTo = [...(port === '' ? [] : ['-p', port]), ...(user === '' ? [] : ['-l', user]), '--', host];
  const unasked = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20'];
  const words = [...unasked, ...whereTo, 'docker', 'system', 'dial-stdio'];
  let complaint = '';
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    bridge(socket, words, (said) => (complaint = said));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  server.unref();
  return { socketPath, complaint: () => complaint };
}

/** Joins a connection to an ssh of its own; either end ends the other. Nothing of it keeps the process alive but the request itself. */
function bridge(socket: Socket, words: readonly string[], complain: (said: string) => void): void {
  const ssh = spawn('ssh', words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  ssh.on('error', (error) => {
    complain(error.message);
    socket.destroy();
  });
  ssh.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-1000);
    complain(said.trim().split(/\r?\n/).join(' | '));
  });
  ssh.stdin.on('error', () => undefined); // it has ended, which is told below
  socket.on('error', () => ssh.kill());
  socket.on('close', () => ssh.kill());
  socket.pipe(ssh.stdin);
  ssh.stdout.pipe(socket, { end: false });
  // Not before its last word: whoever asks why the connection ended must find it.
  ssh.on('close', () => socket.destroySoon());
  socket.unref();
  ssh.unref();
  for (const stream of [ssh.stdin, ssh.stdout, ssh.stderr]) (stream as Partial<Socket>).unref?.();
}
