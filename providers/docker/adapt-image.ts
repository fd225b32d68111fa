import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Logger } from '../../core/ports/logger.ts';
import { osField } from '../machine.ts';
import { readContainerFile, unframe } from './access.ts';
import { unlessGone } from './engine.ts';
import { TargetImageError, hasImage, targetFiles, targetImageName, targetPackages } from './image.ts';
import { having, labels } from './labels.ts';
import { namedImage } from './systems.ts';
import { targetUser } from './target-init.ts';

/** How the families of distributions install what a target needs, and what that is called there. */
const families = [
  {
    program: 'apt-get',
    install:
      'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends --no-upgrade install',
    packages: targetPackages.filter((name) => name !== 'python3'),
  },
  ...['dnf', 'yum'].map((program) => ({
    program,
    install: `${program} -y install`,
    packages: rpmPackages('openssh-server', 'shadow-utils', 'iproute', 'procps-ng'),
  })),
  {
    program: 'zypper',
    install: 'zypper -n install --no-recommends',
    packages: rpmPackages('openssh', 'shadow', 'iproute2', 'procps'),
  },
];

function rpmPackages(...names: readonly string[]): readonly string[] {
  return [...names, 'sudo', 'ca-certificates', 'curl', 'iptables', 'kmod', 'lsof', 'psmisc', 'rsync'];
}

const noManager = 44;
const building = 'image-build'; // the lab of containers in which images are made

/** Runs as root in a container of the image; ends with `noManager` when something is missing that cannot be had. */
const script = `set -e
${Object.entries(targetFiles)
  .map(
    ([path, { text, mode }]) =>
      `if [ -d "/$(dirname ${path})" ]; then printf %s '${text}' >/${path}; chmod ${mode.toString(8)} /${path}; fi`,
  )
  .join('\n')}
missing=
for program in sshd ssh-keygen sudo useradd curl ip ps; do
  PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null || missing="$missing $program"
done
if [ -n "$missing" ]; then
  echo "missing:$missing"
${families
  .map(
    ({ program, install, packages }, index) =>
      `  ${index === 0 ? 'if' : 'elif'} command -v ${program} >/dev/null; then ${install} ${packages.join(' ')}`,
  )
  .join('\n')}
  else exit ${noManager}
  fi
fi
id ${targetUser} >/dev/null 2>&1 || useradd -m -s "$(command -v bash || echo /bin/sh)" ${targetUser}
rm -rf /etc/ssh/ssh_host_* /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/dnf /var/cache/yum /var/cache/zypp
`;

/**
 * Makes a target's image of any image that the engine has (or a registry in its name): adds sshd, sudo, a user and some small programs where they are
 * missing, with the package manager that is in it and its own repositories. The name is that of the image's system, so that jobs get it
 * who ask for that, unless another is given. Seconds when nothing is missing; refuses a name that is taken.
 */
export async function adaptImage(params: {
  engine: Docker;
  from: string;
  name: string | null;
  logger: Logger;
}): Promise<string> {
  const { engine, logger } = params;
  const from = await namedImage(engine, params.from);
  await removeLeft(engine);
  const container = await engine.createContainer({
    Image: from,
    Entrypoint: ['/bin/sh', '-c', script],
    Cmd: [],
    User: 'root',
    Labels: { [labels.lab]: building },
  });
  try {
    const name = params.name ?? (await nameOf(container, from));
    if (await hasImage(engine, name))
      throw new TargetImageError(
        `there is an image ${name} already: give the new one another name, or remove it (docker rmi ${name})`,
      );
    logger.info(`making image ${name} of ${from}`);
    await furnish(container, from);
    await keep(container, { name, from });
    logger.info(`image ${name} is ready`);
    return name;
  } finally {
    await container.remove({ force: true, v: true }).catch(unlessGone);
  }
}

/** What builds that were killed have left; one that runs is somebody's. */
async function removeLeft(engine: Docker): Promise<void> {
  const left = await engine.listContainers({ all: true, ...having(`${labels.lab}=${building}`) });
  for (const { Id, State, Created } of left) {
    // One that is about to be started is young.
    if (State === 'running' || Date.now() / 1000 - Created < 60) continue;
    await engine.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone);
  }
}

async function nameOf(container: Docker.Container, from: string): Promise<string> {
  const release =
    (await readContainerFile(container, '/usr/lib/os-release')) ??
    (await readContainerFile(container, '/etc/os-release')) ??
    '';
  const osType = osField(release, 'ID') ?? '';
  const osVersion = osField(release, 'VERSION_ID') ?? '';
  if (!/^[a-z]+$/.test(osType) || !/^[0-9.]+$/.test(osVersion))
    throw new TargetImageError(
      `image '${from}' does not say what system it is (os-release: '${osType} ${osVersion}'), so the new one needs a name`,
    );
  return targetImageName({ osType, osVersion });
}

async function furnish(container: Docker.Container, from: string): Promise<void> {
  try {
    await container.start();
  } catch (error) {
    throw new TargetImageError(`image '${from}' has no shell to work with: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const status = await endOf(container);
  if (status === 0) return;
  const output = unframe(await container.logs({ stdout: true, stderr: true, tail: 8 })).trim();
  const missing = /^missing: (.*)$/m.exec(output)?.[1] ?? 'something';
  throw new TargetImageError(
    status === noManager
      ? `image '${from}' lacks ${missing}, and has none of ${families.map(({ program }) => program).join(', ')} to install that with`
      : `image '${from}' could not be made a target's (exit status ${status}):\n${output}`,
  );
}

/** Twenty minutes at most. */
async function endOf(container: Docker.Container): Promise<number> {
  const patience = new AbortController();
  const tooLong = sleep(20 * 60_000, null, { signal: patience.signal, ref: false }).catch(() => null);
  try {
    const end = (await Promise.race([container.wait(), tooLong])) as { StatusCode: number } | null;
    if (end === null) throw new TargetImageError('its packages took longer than 20 minutes');
    return end.StatusCode;
  } finally {
    patience.abort();
  }
}

/** What an image says about how to run it would be in the way of a target. */
async function keep(
  container: Docker.Container,
  { name, from }: { name: string; from: string },
): Promise<void> {
  const at = name.lastIndexOf(':');
  const tagged = at > name.lastIndexOf('/');
  const about = JSON.stringify(`made of ${from}`);
  await container.commit({
    repo: tagged ? name.slice(0, at) : name,
    tag: tagged ? name.slice(at + 1) : 'latest',
    changes: [
      'ENTRYPOINT []',
      'CMD []',
      'USER root',
      'WORKDIR /',
      'HEALTHCHECK NONE',
      `LABEL ${labels.image}="base"`,
      `LABEL ${labels.lab}=""`,
      `LABEL ${labels.about}=${about}`,
    ],
  });
}
