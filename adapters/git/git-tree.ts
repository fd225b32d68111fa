import { git, gitSync } from './git-command.ts';
import { TreeTooBigError } from './source-errors.ts';
import { emptyDirectory, plant, treeSource } from './suite-tree.ts';
import type { TreeDirectory } from './suite-tree.ts';
import type { SuiteSource } from '../../core/ports/suite-source.ts';

interface Listed {
  readonly mode: string;
  readonly id: string;
  readonly bytes: number;
  readonly path: string;
}

const listMs = 60_000;
const mostListBytes = 256 * 1024 * 1024;
const mostFragmentBytes = 256 * 1024 * 1024;

/**
 * The tree of a commit that is in the cache, without a checkout: two git processes, one that lists and one that gives all that an
 * expansion may read (links, `.yaml` and `%` files). Any other file is fetched from git when it is asked for.
 */
export async function gitTreeSource(params: {
  gitDir: string;
  origin: string;
  sha1: string;
  relpath: string;
}): Promise<SuiteSource> {
  const { gitDir, origin, sha1, relpath } = params;
  const listed = await listTree(gitDir, sha1);
  const wanted = listed.filter(({ mode, path }) => mode === linkMode || /(^|\/)%$|\.yaml$/.test(path));
  const blobs = await readBlobs(gitDir, wanted);
  const root = plantAll(listed, (id) => blobs.get(id)?.toString() ?? '');
  const bytesOf = (id: string) =>
    blobs.get(id) ??
    gitSync({ gitDir, args: ['cat-file', 'blob', id], deadlineMs: listMs, mostBytes: mostFragmentBytes });
  return treeSource({ origin, sha1, id: sha1, root, relpath, bytesOf });
}

const linkMode = '120000';
const submoduleMode = '160000';
const directoryMode = '040000';

async function listTree(gitDir: string, sha1: string): Promise<Listed[]> {
  const args = ['ls-tree', '-r', '-t', '-z', '--long', '--full-tree', sha1];
  const text = (await git({ gitDir, args, deadlineMs: listMs, mostBytes: mostListBytes })).toString();
  return text
    .split('\0')
    .filter((line) => line !== '')
    .map(parseEntry);
}

/** `MODE TYPE ID SIZE<tab>PATH`, the size padded with blanks and `-` for what is no file. */
function parseEntry(line: string): Listed {
  const tab = line.indexOf('\t');
  const [mode = '', , id = '', size = ''] = line.slice(0, tab).split(/ +/);
  return { mode, id, bytes: Number(size) || 0, path: line.slice(tab + 1) };
}

function plantAll(listed: readonly Listed[], targetOf: (id: string) => string): TreeDirectory<string> {
  const root = emptyDirectory<string>();
  for (const { mode, id, path } of listed) {
    // A submodule that is not fetched is an empty directory in a checkout as well.
    if (mode === directoryMode || mode === submoduleMode) plant(root, path, emptyDirectory());
    else if (mode === linkMode) plant(root, path, { kind: 'link', target: targetOf(id) });
    else plant(root, path, { kind: 'file', file: id });
  }
  return root;
}

async function readBlobs(gitDir: string, wanted: readonly Listed[]): Promise<Map<string, Buffer>> {
  const sizes = new Map(wanted.map(({ id, bytes }) => [id, bytes]));
  const total = sizes.values().reduce((sum, bytes) => sum + bytes, 0);
  if (total > mostFragmentBytes) {
    const most = mostFragmentBytes / 1024 / 1024;
    throw new TreeTooBigError(`the fragments of the tree are ${total} bytes; at most ${most} MiB are read`);
  }
  if (sizes.size === 0) return new Map();
  const answer = await git({
    gitDir,
    args: ['cat-file', '--batch', '--buffer'],
    input: `${[...sizes.keys()].join('\n')}\n`,
    deadlineMs: listMs,
    mostBytes: total + sizes.size * 128,
  });
  return parseBatch(answer);
}

/** For every object a line `ID TYPE SIZE`, its bytes, and a line feed. */
function parseBatch(answer: Buffer): Map<string, Buffer> {
  const blobs = new Map<string, Buffer>();
  let at = 0;
  while (at < answer.length) {
    const lineEnd = answer.indexOf('\n', at);
    const [id = '', , size = ''] = answer.toString('latin1', at, lineEnd).split(' ');
    const start = lineEnd + 1;
    blobs.set(id, answer.subarray(start, start + Number(size)));
    at = start + Number(size) + 1;
  }
  return blobs;
}
