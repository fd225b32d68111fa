import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { systemPath, writeShims } from './shims.ts';

/** Where one sandbox node keeps what. Only `home` and `temp` belong to its users. */
export interface NodeFolder {
  readonly name: string;
  readonly path: string;
  readonly home: string;
  readonly temp: string;
  readonly bin: string;
  readonly rc: string; // read by shells before a command: goes home
  readonly hostKeyFile: string;
  readonly stateFile: string;
  readonly log: string;
  readonly mark: string; // the environment entry by which the processes of its users are known
}

/** A node's name or folder cannot be used. */
class NodeFolderError extends Error {
  override readonly name = 'NodeFolderError';
}

/** Makes what is missing of a node's folder, and leaves alone what is there: keys, mark, home. */
export async function openNodeFolder(folder: string, name: string): Promise<NodeFolder> {
  if (!/^[a-z0-9][a-z0-9.-]*$/i.test(name))
    throw new NodeFolderError(`'${name}' is not a node name: letters, digits, '-' and '.' only`);
  if (/["\\\n\r]/.test(folder))
    throw new NodeFolderError(`folder '${folder}' has a quote, backslash or line end in its name`);
  await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
  const path = await realpath(join(folder, name));
  const node: NodeFolder = {
    name,
    path,
    home: join(path, 'home'),
    temp: join(path, 'tmp'),
    bin: join(path, 'bin'),
    rc: join(path, 'rc'),
    hostKeyFile: join(path, 'host_key'),
    stateFile: join(path, 'endpoint.json'),
    log: join(path, 'server.log'),
    mark: `LOLIGO_NODE=${name}-${await keptId(join(path, 'id'))}`,
  };
  await mkdir(node.bin, { recursive: true });
  await writeShims(node.bin, { name, user: userInfo().username });
  await writeFile(node.rc, commandRc(node));
  await furnish(node);
  return node;
}

/**
 * What bash reads before a command under sshd, which itself would start in the account's own home. BASH_ENV must not reach the shells
 * that the command starts. SHLVL and .bashrc are as bash has them when it sees that sshd started it.
 */
function commandRc(node: NodeFolder): string {
  return `unset BASH_ENV\nSHLVL=1\ncd ${singleQuoted(node.home)}\n[ ! -r ~/.bashrc ] || . ~/.bashrc\n`;
}

/** Makes a node's home and temporary folder, if they are missing, with the profile that interactive logins read. */
export async function furnish(node: NodeFolder): Promise<void> {
  await mkdir(node.home, { recursive: true, mode: 0o755 });
  await mkdir(node.temp, { recursive: true, mode: 0o700 });
  const profile = `PATH=${singleQuoted(`${node.bin}:${systemPath}`)}\nexport PATH\ncd ${singleQuoted(node.home)}\n`;
  await writeFile(join(node.home, '.profile'), profile, { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
}

/** What a login on the node finds in its environment. */
export function loginEnvironment(node: NodeFolder): Record<string, string> {
  return {
    HOME: node.home,
    PATH: `${node.bin}:${systemPath}`,
    TMPDIR: node.temp,
    HOSTNAME: node.name,
    LOLIGO_NODE: node.mark.slice('LOLIGO_NODE='.length),
  };
}

async function keptId(file: string): Promise<string> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, randomBytes(8).toString('hex'), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft);
  }
  return await readFile(file, 'utf8');
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
