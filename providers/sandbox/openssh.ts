import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { loginEnvironment } from './node-folder.ts';
import type { NodeFolder } from './node-folder.ts';
import { killHolders } from './processes.ts';
import { serverEnvironment } from './server-environment.ts';
import type { ServerParams } from './server-environment.ts';

const sshd = '/usr/sbin/sshd'; // an absolute path, because sshd starts itself anew for each connection
const sftpServers = [
  '/usr/lib/openssh/sftp-server',
  '/usr/libexec/openssh/sftp-server',
  '/usr/libexec/sftp-server',
  '/usr/lib/ssh/sftp-server',
];

/** The program that serves SFTP on this machine, or null when there is none. */
export function sftpServer(): string | null {
  return sftpServers.find((file) => existsSync(file)) ?? null;
}

/** Why OpenSSH cannot serve sandbox nodes here, or null when it can. */
export function opensshObstacle(): string | null {
  if (!existsSync(sshd)) return `there is no ${sshd} (Debian: apt-get install openssh-server)`;
  const shell = userInfo().shell ?? '';
  // Only bash can be told by the environment to start in the node's home; a forced command could too, but sshd then refuses signals.
  if (basename(shell) !== 'bash') return `the login shell of ${userInfo().username} is '${shell}', not bash`;
  return null;
}

/** Kills what a dead sshd left of its connections: sshd processes that still hold the node's log. */
export async function killConnections(node: NodeFolder): Promise<void> {
  await killHolders(node.log, (program) => basename(program).startsWith('sshd'));
}

/** Starts sshd in the foreground as a process group of its own, which outlives this process. */
export async function startOpenssh(params: ServerParams): Promise<ChildProcess> {
  const { node } = params;
  // As root, sshd insists on its privilege separation folder, which only the distribution's service makes.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const config = join(node.path, 'sshd_config');
  await writeFile(config, sshdConfig(params), { mode: 0o600 });
  return spawn(sshd, ['-D', '-f', config, '-E', node.log], {
    cwd: '/',
    env: serverEnvironment(node),
    detached: true,
    stdio: 'ignore',
  });
}

function sshdConfig({ node, port, clientKeyFile, maxSessions }: ServerParams): string {
  // With SHLVL set, bash takes itself for a nested shell and reads BASH_ENV; without, some builds read only ~/.bashrc.
  const environment = Object.entries({ ...loginEnvironment(node), BASH_ENV: node.rc, SHLVL: '1' });
  const authorized = [`${clientKeyFile}.pub`, join(node.home, '.ssh/authorized_keys')];
  const sftp = sftpServer();
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey "${node.hostKeyFile}"`,
    `PidFile "${join(node.path, 'sshd.pid')}"`,
    `AuthorizedKeysFile ${authorized.map((file) => `"${file.replaceAll('%', '%%')}"`).join(' ')}`,
    'AuthenticationMethods publickey',
    'PermitRootLogin prohibit-password',
    `AllowUsers ${userInfo().username}`,
    'StrictModes no', // homes may lie below /tmp
    'UsePAM no',
    'UseDNS no',
    'PrintMotd no',
    'PrintLastLog no',
    'X11Forwarding no',
    'MaxStartups 500:30:1000',
    `MaxSessions ${maxSessions}`,
    'AcceptEnv *',
    `SetEnv ${environment.map(([name, value]) => `"${name}=${value}"`).join(' ')}`,
    ...(sftp === null ? [] : [`Subsystem sftp ${sftp}`]),
    '',
  ].join('\n');
}
