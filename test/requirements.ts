import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';

/** What a test may need beyond Node, how to see that it is there, and what to install when it is not. */
const parts = {
  sshd: {
    present: () => existsSync('/usr/sbin/sshd') && /\bbash$/.test(userInfo().shell ?? ''),
    install: 'apt-get install openssh-server, and bash as your login shell',
  },
  ssh: { present: () => answers('ssh', '-V'), install: 'apt-get install openssh-client' },
  git: { present: () => answers('git', '--version'), install: 'apt-get install git' },
  docker: {
    present: () => answers('docker', 'info'),
    install: 'apt-get install docker.io debootstrap, and start dockerd',
  },
  debootstrap: { present: () => existsSync('/usr/sbin/debootstrap'), install: 'apt-get install debootstrap' },
  ansible: {
    present: () => answers('ansible-playbook', '--version'),
    install: 'apt-get install ansible-core',
  },
  moto: {
    present: () => answers('python3', '-c', 'import moto.server'),
    install: "pip install 'moto[server]'",
  },
  lcov: {
    present: () => answers('lcov', '--version') && answers('gcc', '--version'),
    install: 'apt-get install lcov gcc libc6-dev',
  },
  chromium: { present: () => existsSync('/usr/bin/chromium'), install: 'apt-get install chromium' },
  zsh: { present: () => answers('zsh', '--version'), install: 'apt-get install zsh' },
  fish: { present: () => answers('fish', '--version'), install: 'apt-get install fish' },
  gpg: { present: () => answers('gpg', '--version'), install: 'apt-get install gnupg' },
  shared: {
    present: () => existsSync(sharedFolder),
    install: 'the folder ../shared with the specification data',
  },
} as const;

export type Part = keyof typeof parts;

/** The specification data beside the checkout. */
export const sharedFolder = fileURLToPath(new URL('../../shared', import.meta.url));

function answers(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * `describe` for tests that need parts of the machine: runs where they are present. Where one is missing the tests are
 * skipped with a line that says what to install, or fail when LOLIGO_REQUIRE=all.
 */
export function describeWith(needs: readonly Part[], title: string, body: () => void): void {
  const missing = needs.filter((part) => !parts[part].present());
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  const line = `${title}: needs ${missing.map((part) => `${part} (${parts[part].install})`).join(', ')}`;
  if (process.env['LOLIGO_REQUIRE'] === 'all') {
    test(title, () => {
      throw new Error(line);
    });
    return;
  }
  console.warn(`skipped: ${line}`);
  describe.skipIf(true)(title, body);
}
