import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { osField } from '../machine.ts';

/** One archive that apt is told to use. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** Where a release's packages come from, as this machine's own apt has it. */
export interface PackageMirror {
  readonly codename: string;
  readonly uri: string;
  readonly components: readonly string[];
  readonly securityUri: string | null;
}

/** This machine has no package source for a system. */
export class NoMirrorError extends Error {
  override readonly name = 'NoMirrorError';
}

const codenames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  debian: { '10': 'buster', '11': 'bullseye', '12': 'bookworm', '13': 'trixie' },
  ubuntu: { '18.04': 'bionic', '20.04': 'focal', '22.04': 'jammy', '24.04': 'noble' },
};

/** The mirror for a release of the same distribution as this machine's: all its releases are on the mirror that apt uses already. */
export async function findMirror(
  os: { osType: string; osVersion: string },
  root = '/',
): Promise<PackageMirror> {
  const release = await readFile(join(root, 'etc/os-release'), 'utf8').catch(() => '');
  const own = {
    id: osField(release, 'ID'),
    version: osField(release, 'VERSION_ID'),
    codename: osField(release, 'VERSION_CODENAME'),
  };
  const wanted = `${os.osType} ${os.osVersion}`;
  if (os.osType !== own.id || own.codename === null)
    throw new NoMirrorError(
      `no package mirror for ${wanted} is known: this machine is ${own.id} ${own.version}`,
    );
  const codename = os.osVersion === own.version ? own.codename : codenames[os.osType]?.[os.osVersion];
  if (codename === undefined) throw new NoMirrorError(`the release name of ${wanted} is not known`);
  const sources = await readAptSources(root);
  const main = sources.find(
    ({ suites, components }) => suites.includes(own.codename ?? '') && components.includes('main'),
  );
  if (main === undefined)
    throw new NoMirrorError(
      `apt on this machine has no source for ${own.codename}, so none for ${wanted} either`,
    );
  const security = sources.find(({ suites }) => suites.includes(`${own.codename}-security`));
  return {
    codename,
    uri: await resolveMirrorList(main.uri, root),
    components: main.components,
    securityUri: security === undefined ? null : await resolveMirrorList(security.uri, root),
  };
}

/** The sources of `sources.list` and `sources.list.d`, of both forms, in apt's order. */
export async function readAptSources(root: string): Promise<AptSource[]> {
  const folder = join(root, 'etc/apt/sources.list.d');
  const names = (await readdir(folder).catch(() => [])).toSorted();
  const texts = await Promise.all([
    readFile(join(root, 'etc/apt/sources.list'), 'utf8').then(parseOneLine, () => []),
    ...names.map(async (name) => {
      if (name.endsWith('.list')) return parseOneLine(await readFile(join(folder, name), 'utf8'));
      if (name.endsWith('.sources')) return parseDeb822(await readFile(join(folder, name), 'utf8'));
      return [];
    }),
  ]);
  return texts.flat();
}

/** `deb [options] uri suite component...`, one a line. */
export function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const words = line
      .replace(/#.*/, '')
      .replace(/\[[^\]]*\]/, ' ')
      .trim()
      .split(/\s+/);
    const [kind, uri, suite, ...components] = words;
    return kind === 'deb' && uri !== undefined && suite !== undefined
      ? [{ uri, suites: [suite], components }]
      : [];
  });
}

/** Paragraphs of `Field: value`, whose values may go on in indented lines. */
export function parseDeb822(text: string): AptSource[] {
  const paragraphs = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/);
  return paragraphs.flatMap((paragraph) => {
    const words = (field: string) =>
      new RegExp(`^${field}:((?:.*)(?:\\n[ \\t].*)*)`, 'im').exec(paragraph)?.[1]?.trim().split(/\s+/) ?? [];
    if (!words('Types').includes('deb') || words('Enabled').includes('no')) return [];
    return words('URIs').map((uri) => ({ uri, suites: words('Suites'), components: words('Components') }));
  });
}

/** `mirror+file:/path` names a file of mirrors, one a line; the first is taken. */
async function resolveMirrorList(uri: string, root: string): Promise<string> {
  const file = /^mirror\+file:(?:\/\/)?(\/.*)$/.exec(uri)?.[1];
  if (file === undefined) return uri;
  const lines = (await readFile(join(root, file), 'utf8')).split('\n');
  const first = lines.map((line) => line.replace(/#.*/, '').trim().split(/\s+/)[0]).find(Boolean);
  if (first === undefined) throw new NoMirrorError(`${file} names no mirror`);
  return first;
}
