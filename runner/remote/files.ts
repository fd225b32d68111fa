import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { dirname } from 'node:path/posix';
import { CommandFailedError } from './command-errors.ts';
import { drained } from './drained.ts';
import { quoteWord } from './quote.ts';
import type { Remote, RunOptions, WriteFileOptions } from './remote.ts';

type Files = Pick<Remote, 'writeFile' | 'readFile' | 'putFile' | 'getFile'>;

/** There is no such file on the host. */
export class RemoteFileNotFoundError extends Error {
  override readonly name = 'RemoteFileNotFoundError';
  readonly host: string;
  readonly path: string;
  constructor(params: { host: string; path: string; cause: unknown }) {
    super(`No such file on ${params.host}: ${params.path}`, { cause: params.cause });
    this.host = params.host;
    this.path = params.path;
  }
}

/** Files are moved through the shell, so that sudo works for them and no other service is needed on the host. */
export function remoteFiles(run: Remote['run'], host: string): Files {
  async function writeFile(
    path: string,
    content: NonNullable<RunOptions['stdin']>,
    options: WriteFileOptions = {},
  ): Promise<void> {
    await run(writeScript(path, options), { stdin: content, signal: options.signal });
  }

  async function read(
    path: string,
    onStdout: NonNullable<RunOptions['onStdout']>,
    options: { sudo?: boolean; signal?: AbortSignal },
  ): Promise<void> {
    const command = `${options.sudo ? 'sudo ' : ''}env LC_ALL=C cat -- ${quoteWord(operand(path))}`;
    const errors: Buffer[] = [];
    const onStderr = (chunk: Buffer): void => void (errors.length < 16 && errors.push(chunk));
    try {
      await run(command, { quiet: true, onStdout, onStderr, signal: options.signal });
    } catch (cause) {
      const missing = Buffer.concat(errors).includes('No such file or directory');
      if (!(cause instanceof CommandFailedError) || !missing) throw cause;
      throw new RemoteFileNotFoundError({ host, path, cause });
    }
  }

  return {
    writeFile,
    async readFile(path, options = {}) {
      const chunks: Buffer[] = [];
      await read(path, (chunk) => void chunks.push(chunk), options);
      return Buffer.concat(chunks);
    },
    async putFile(localPath, remotePath, options) {
      const file = await open(localPath); // before anything happens to the file on the host
      await writeFile(remotePath, file.createReadStream(), options);
    },
    getFile: (remotePath, localPath, options = {}) =>
      writeWhole(localPath, (onChunk) => read(remotePath, onChunk, options)),
  };
}

/** Fills a new file beside the wanted one and renames it at the end: the path never has a part of a file. */
async function writeWhole(
  path: string,
  fill: (onChunk: (chunk: Buffer) => void | Promise<void>) => Promise<void>,
): Promise<void> {
  const part = `${path}.${randomBytes(6).toString('hex')}.part`;
  const file = createWriteStream(part, { flags: 'wx' });
  const written = finished(file);
  written.catch(() => {});
  try {
    await fill((chunk) => {
      if (file.errored) throw file.errored;
      return file.write(chunk) ? undefined : drained(file);
    });
    file.end();
    await written;
    await rename(part, path);
  } catch (error) {
    file.destroy();
    await rm(part, { force: true });
    throw error;
  }
}

/** Reads stdin into a file. With a mode, the file is created for its owner only, so that a secret is never readable by others. */
function writeScript(path: string, options: WriteFileOptions): string {
  const sudo = options.sudo ? 'sudo ' : '';
  const file = quoteWord(operand(path));
  const tee = `${sudo}tee ${options.append ? '-a ' : ''}-- ${file} > /dev/null`;
  return [
    ...(options.mkdir ? [`${sudo}mkdir -p -- ${quoteWord(operand(dirname(path)))}`] : []),
    options.mode === undefined ? tee : `(umask 077; ${tee})`,
    ...(options.mode === undefined ? [] : [`${sudo}chmod -- ${quoteWord(options.mode)} ${file}`]),
    ...(options.owner === undefined ? [] : [`${sudo}chown -- ${quoteWord(options.owner)} ${file}`]),
  ].join(' && ');
}

/** `-` alone means a stream to the tools that files are moved with. */
function operand(path: string): string {
  return path === '-' ? './-' : path;
}
