import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { PseudoTtyInfo, ServerChannel, Session } from 'ssh2';
import type { Ssh2ServerConfig } from './ssh2-config.ts';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

interface SessionParams {
  readonly config: Ssh2ServerConfig;
  readonly peer: string; // as in SSH_CONNECTION
  readonly onEnd: () => void; // the channel no longer counts
}

const script = '/usr/bin/script'; // util-linux's way to a terminal

/** Serves one session channel: one command, shell or subsystem. Returns what to call when the connection is lost. */
export function serveSession(session: Session, params: SessionParams): () => void {
  const { config, onEnd } = params;
  const environment: Record<string, string> = {};
  let terminal: PseudoTtyInfo | null = null;
  let child: Child | null = null;
  const run = (channel: ServerChannel, command: string | null) => {
    child = startCommand({ ...params, command, terminal, environment });
    connectStreams(child, channel);
  };
  const hangUp = () => {
    if (child !== null && child.exitCode === null && child.signalCode === null) signalGroup(child, 'HUP');
    // Whoever still writes gets SIGPIPE, as under sshd.
    child?.stdout.destroy();
    child?.stderr.destroy();
    child?.stdin.destroy();
    onEnd();
  };
  session.on('env', (accept, _reject, info) => {
    environment[info.key] = info.val;
    accept?.();
  });
  session.on('pty', (accept, reject, info) => {
    if (!existsSync(script)) {
      reject?.();
      return;
    }
    terminal = info;
    accept?.();
  });
  session.on('exec', (accept, _reject, info) => run(accept(), info.command));
  session.on('shell', (accept) => run(accept(), null));
  session.on('subsystem', (accept, reject, info) => {
    if (info.name === 'sftp' && config.sftpServer !== null) run(accept(), config.sftpServer);
    else reject();
  });
  session.on('signal', (accept, reject, info) => {
    if (child !== null && signalGroup(child, info.name)) accept?.();
    else reject?.();
  });
  // ssh2 takes the end of a client's input for the end of its requests and then refuses signals, which sshd does not.
  session.on('eof', () => Object.assign(session, { _ending: false }));
  session.on('close', hangUp);
  return hangUp;
}

function startCommand(
  params: Omit<SessionParams, 'onEnd'> & {
    command: string | null; // null = an interactive login
    terminal: PseudoTtyInfo | null;
    environment: Readonly<Record<string, string>>;
  },
): Child {
  const { config, peer, command, terminal } = params;
  const [address, port, , serverPort] = peer.split(' ');
  const env = {
    ...params.environment,
    USER: config.user,
    LOGNAME: config.user,
    SHELL: config.shell,
    SSH_CLIENT: `${address} ${port} ${serverPort}`,
    SSH_CONNECTION: peer,
    ...(terminal === null ? {} : { TERM: terminal.term }),
    ...config.environment,
  };
  const options = { cwd: config.home, env, detached: true, stdio: 'pipe' } as const;
  if (terminal !== null) {
    const inner = command === null ? `exec ${config.shell} -l` : command;
    const size = `stty cols ${Number(terminal.cols) || 80} rows ${Number(terminal.rows) || 24}; `;
    return spawn(script, ['-q', '-e', '-f', '-c', size + inner, '/dev/null'], options);
  }
  if (command !== null) return spawn(config.shell, ['-c', command], options);
  return spawn(config.shell, [], { ...options, argv0: `-${basename(config.shell)}` });
}

/** Streams with back-pressure both ways. The channel stays open until the last holder of the command's output has closed it. */
function connectStreams(child: Child, channel: ServerChannel): void {
  child.stdin.on('error', () => undefined); // a command need not read its input
  child.on('error', (error) => {
    channel.stderr.write(`${error.message}\n`);
    channel.exit(127);
  });
  child.on('exit', (code, signal) => {
    channel.unpipe(child.stdin);
    channel.resume();
    reportExit(channel, code, signal);
  });
  channel.on('error', () => undefined);
  channel.pipe(child.stdin);
  const write = writeInTurn(channel);
  const closed = once(child, 'close');
  void Promise.allSettled([
    closed,
    pump(child.stdout, write(channel)),
    pump(child.stderr, write(channel.stderr)),
  ]).then(() => channel.stderr.end(() => channel.end()));
}

/**
 * Writes to the two outputs of a channel one after the other. ssh2 remembers what waits for the client's window in one place for both, and
 * does not forget it afterwards: when both wait, the second is never sent, and what was sent once may be sent again.
 */
function writeInTurn(channel: ServerChannel): (output: Writable) => (chunk: Buffer) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (output) => (chunk) => {
    last = last.then(
      () =>
        new Promise((resolve) => {
          output.write(chunk, () => {
            Object.assign(channel, {
              _chunk: undefined,
              _chunkcb: undefined,
              _chunkErr: undefined,
              _chunkcbErr: undefined,
            });
            resolve();
          });
        }),
    );
    return last;
  };
}

async function pump(from: Readable, write: (chunk: Buffer) => Promise<void>): Promise<void> {
  for await (const chunk of from) await write(chunk);
}

function reportExit(channel: ServerChannel, code: number | null, signal: NodeJS.Signals | null): void {
  if (signal === null) {
    channel.exit(code ?? 255);
    return;
  }
  try {
    channel.exit(signal.slice('SIG'.length));
  } catch {
    // The protocol has no name for this signal.
    channel.exit(128 + constants.signals[signal]);
  }
}

function signalGroup(child: Child, name: string): boolean {
  if (child.pid === undefined || !(`SIG${name}` in constants.signals)) return false;
  try {
    return process.kill(-child.pid, `SIG${name}` as NodeJS.Signals);
  } catch {
    return false; // nobody of the group is left
  }
}
