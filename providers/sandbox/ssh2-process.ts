import { spawn } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChildProcess } from 'node:child_process';
import { loginEnvironment } from './node-folder.ts';
import { sftpServer } from './openssh.ts';
import { serverEnvironment } from './server-environment.ts';
import type { ServerParams } from './server-environment.ts';
import type { Ssh2ServerConfig } from './ssh2-config.ts';

/** Starts the ssh2 server of a node as a process of its own, which outlives this one. */
export async function startSsh2Server(params: ServerParams): Promise<ChildProcess> {
  const { node } = params;
  const config: Ssh2ServerConfig = {
    port: params.port,
    user: userInfo().username,
    shell: loginShell(),
    hostKeyFile: node.hostKeyFile,
    authorizedKeys: [`${params.clientKeyFile}.pub`, join(node.home, '.ssh/authorized_keys')],
    home: node.home,
    environment: loginEnvironment(node),
    maxSessions: params.maxSessions,
    sftpServer: sftpServer(),
  };
  const file = join(node.path, 'ssh2-server.json');
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  const log = await open(node.log, 'a');
  try {
    return spawn(process.execPath, [fileURLToPath(import.meta.resolve('./ssh2-main.ts')), file], {
      cwd: '/',
      env: serverEnvironment(node),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
  } finally {
    await log.close();
  }
}

function loginShell(): string {
  const shell = userInfo().shell ?? '';
  return shell === '' || /\/(nologin|false)$/.test(shell) ? '/bin/sh' : shell;
}
