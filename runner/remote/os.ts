import type { OsInfo, Remote } from './remote.ts';

type RemoteOs = Pick<Remote, 'os' | 'arch'>;

/** The host runs a distribution that no task knows the packages of. */
export class UnknownOsError extends Error {
  override readonly name = 'UnknownOsError';
  constructor(host: string, said: string) {
    super(`Cannot tell the operating system of ${host} from '${said.trim().slice(0, 300)}'`);
  }
}

const packageTypes: Readonly<Record<string, OsInfo['packageType']>> = {
  debian: 'deb',
  ubuntu: 'deb',
  alma: 'rpm',
  rocky: 'rpm',
  fedora: 'rpm',
  rhel: 'rpm',
  centos: 'rpm',
  opensuse: 'rpm',
  sle: 'rpm',
};

/** The names that suites use, where a distribution calls itself otherwise. */
const otherNames: Readonly<Record<string, string>> = {
  sles: 'sle',
  'sle-micro': 'sle',
  suse: 'sle',
  'opensuse-leap': 'opensuse',
  'opensuse-tumbleweed': 'opensuse',
  almalinux: 'alma',
  redhatenterprise: 'rhel',
  redhatenterpriseserver: 'rhel',
  redhatenterpriselinux: 'rhel',
  centosstream: 'centos',
};

/** Questions about a host's system; each is asked once and remembered. */
export function remoteOs(run: Remote['run'], host: string): RemoteOs {
  const ask = async (command: string, check = true) =>
    await run(command, { collect: 'stdout', quiet: true, check });
  return {
    os: remembered(async () => {
      const release = await ask('cat /etc/os-release', false);
      if (release.exitStatus === 0) return parseOsRelease(release.stdout, host);
      return parseLsbRelease((await ask('lsb_release -a')).stdout, host);
    }),
    arch: remembered(async () => (await ask('uname -m')).stdout.trim()),
  };
}

/** A failure is not remembered. */
function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return async () => {
    answer ??= ask();
    try {
      return await answer;
    } catch (error) {
      answer = null;
      throw error;
    }
  };
}

/** Reads /etc/os-release. */
export function parseOsRelease(text: string, host: string): OsInfo {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z_0-9]+)=(?:"(.*)"|'(.*)'|(.*?))\s*$/.exec(line);
    if (match?.[1]) fields.set(match[1], match[2] ?? match[3] ?? match[4] ?? '');
  }
  const inBrackets = /\(([^)]+)\)/.exec(fields.get('VERSION') ?? '')?.[1]?.toLowerCase();
  return osInfo({
    id: fields.get('ID') ?? '',
    version: fields.get('VERSION_ID') ?? '',
    codename: fields.get('VERSION_CODENAME') ?? inBrackets?.split(' ')[0] ?? '',
    said: text,
    host,
  });
}

/** Reads the output of `lsb_release -a`. */
export function parseLsbRelease(text: string, host: string): OsInfo {
  const field = (name: string): string =>
    new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return osInfo({
    id: field('Distributor ID').replaceAll(' ', ''),
    version: field('Release'),
    codename: field('Codename').toLowerCase(),
    said: text,
    host,
  });
}

function osInfo(found: {
  id: string;
  version: string;
  codename: string;
  said: string;
  host: string;
}): OsInfo {
  const id = found.id.toLowerCase();
  const name = otherNames[id] ?? id;
  const packageType = packageTypes[name];
  if (packageType === undefined) throw new UnknownOsError(found.host, found.said);
  return { name, version: versionOf(name, found.version), codename: found.codename, packageType };
}

/** From version 8 on CentOS is a stream. */
function versionOf(name: string, version: string): string {
  const major = Number.parseInt(version, 10);
  if (name !== 'centos' || version.includes('stream') || !(major >= 8)) return version;
  return `${major}.stream`;
}
