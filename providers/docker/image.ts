import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import type { Logger } from '../../core/ports/logger.ts';
import { findMirror } from './apt-sources.ts';
import type { PackageMirror } from './apt-sources.ts';
import { engineStatus } from './engine.ts';
import { targetUser } from './target-init.ts';

const run = promisify(execFile);

/** What every target has beside the smallest system: what tests and their tasks take for granted. */
export const targetPackages = [
  'openssh-server',
  'sudo',
  'ca-certificates',
  'curl',
  'iproute2',
  'iptables',
  'kmod',
  'lsb-release',
  'lsof',
  'netbase',
  'procps',
  'psmisc',
  'python3',
  'rsync',
];

/** Small files of every target, by path. */
export const targetFiles: Readonly<Record<string, { text: string; mode: number }>> = {
  // Without this, packages try to start their services while they are installed, which a container has no init for.
  'usr/sbin/policy-rc.d': { text: '#!/bin/sh\nexit 101\n', mode: 0o755 },
  // A container has no power failure to fear, and what it loses when the machine has one is made anew.
  'etc/dpkg/dpkg.cfg.d/90loligo': { text: 'force-unsafe-io\n', mode: 0o644 },
  'etc/apt/apt.conf.d/90loligo': { text: 'Acquire::Languages "none";\n', mode: 0o644 },
};

/** The image of a target cannot be found or made. */
export class TargetImageError extends Error {
  override readonly name = 'TargetImageError';
}

/** The local name of the image for a system. A change of the recipe changes the name, so that an old image is never taken for a new one. */
export function targetImageName(os: { osType: string; osVersion: string }): string {
  const recipe = createHash('sha256')
    .update(JSON.stringify([targetPackages, targetFiles, targetUser]))
    .digest('hex');
  return `loligo-target:${os.osType}-${os.osVersion}-${recipe.slice(0, 8)}`;
}

/** Whether the engine has an image; never pulls one. */
export async function hasImage(engine: Docker, image: string): Promise<boolean> {
  try {
    await engine.getImage(image).inspect();
    return true;
  } catch (error) {
    if (engineStatus(error) === 404) return false;
    throw error;
  }
}

/**
 * Makes the image of a system from Debian packages, about a minute, and keeps it in the engine under `targetImageName`. No registry is
 * asked: the packages come from the mirror that this machine's apt uses. Needs root and debootstrap.
 */
export async function buildTargetImage(params: {
  engine: Docker;
  osType: string;
  osVersion: string;
  folder: string; // for about 500 MB while it works; not on a file system mounted noexec or nodev
  logger: Logger;
}): Promise<string> {
  const { engine, logger } = params;
  const name = targetImageName(params);
  checkBuilder(name);
  const mirror = await findMirror(params);
  await mkdir(params.folder, { recursive: true });
  const root = await mkdtemp(join(params.folder, 'image-'));
  try {
    logger.info(`making image ${name} with packages from ${mirror.uri}`);
    await installSystem(root, mirror);
    await furnishSystem(root, mirror);
    await importTree({ engine, root, name });
    logger.info(`image ${name} is ready`);
    return name;
  } catch (error) {
    throw new TargetImageError(`image ${name} could not be made: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function checkBuilder(name: string): void {
  const advice = "or name an image that the engine has in the option 'image'";
  if (!existsSync('/usr/sbin/debootstrap'))
    throw new TargetImageError(
      `to make image ${name}, install debootstrap (apt-get install debootstrap), ${advice}`,
    );
  if (process.getuid?.() !== 0)
    throw new TargetImageError(`to make image ${name}, start once as root, ${advice}`);
}

async function installSystem(root: string, mirror: PackageMirror): Promise<void> {
  const proxy = await aptProxy();
  const words = [
    '--variant=minbase',
    `--components=${mirror.components.join(',')}`,
    `--include=${targetPackages.join(',')}`,
    mirror.codename,
    root,
    mirror.uri,
  ];
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    ...(proxy === null ? {} : { http_proxy: proxy }),
  };
  try {
    await run('/usr/sbin/debootstrap', words, { env, timeout: 20 * 60_000, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const log = await readFile(join(root, 'debootstrap/debootstrap.log'), 'utf8').catch(() => '');
    const lines = log.trim().split('\n').slice(-5).join('\n');
    throw new Error(
      `debootstrap failed: ${(error as { stdout?: string }).stdout?.trim().split('\n').at(-1)}\n${lines}`,
      {
        cause: error,
      },
    );
  }
}

async function furnishSystem(root: string, mirror: PackageMirror): Promise<void> {
  const components = mirror.components.join(' ');
  const sources = [
    `deb ${mirror.uri} ${mirror.codename} ${components}`,
    `deb ${mirror.uri} ${mirror.codename}-updates ${components}`,
    ...(mirror.securityUri === null
      ? []
      : [`deb ${mirror.securityUri} ${mirror.codename}-security ${components}`]),
  ];
  await writeFile(join(root, 'etc/apt/sources.list'), `${sources.join('\n')}\n`);
  const proxy = await aptProxy();
  if (proxy !== null)
    await writeFile(join(root, 'etc/apt/apt.conf.d/91proxy'), `Acquire::http::Proxy "${proxy}";\n`);
  for (const [path, { text, mode }] of Object.entries(targetFiles))
    await writeFile(join(root, path), text, { mode });
  await run('chroot', [root, 'useradd', '-m', '-s', '/bin/bash', targetUser]);
  await run('chroot', [root, 'apt-get', 'clean']);
  await run('/bin/sh', [
    '-c',
    'rm -rf "$1"/etc/ssh/ssh_host_* "$1"/var/lib/apt/lists/* "$1"/var/log/bootstrap.log',
    'sh',
    root,
  ]);
}

async function aptProxy(): Promise<string | null> {
  const { stdout } = await run('apt-config', ['shell', 'PROXY', 'Acquire::http::Proxy']).catch(() => ({
    stdout: '',
  }));
  return /^PROXY='(.+)'$/m.exec(stdout)?.[1] ?? null;
}

async function importTree(params: { engine: Docker; root: string; name: string }): Promise<void> {
  const { engine, root, name } = params;
  const [repo, tag] = name.split(':');
  const tar = spawn('tar', ['-C', root, '--numeric-owner', '--one-file-system', '-c', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => tar.once('close', resolve));
  const answer = await engine.importImage(tar.stdout, { repo, tag });
  await new Promise<void>((resolve, reject) =>
    engine.modem.followProgress(answer, (error) => (error ? reject(error) : resolve())),
  );
  const status = await ended;
  if (status !== 0) throw new Error(`tar ended with status ${status}`);
}
