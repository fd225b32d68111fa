import tar from 'tar-stream';
import type { Header } from 'tar-stream';
import type { Logger } from '../../core/ports/logger.ts';
import { CommandFailedError } from './command-errors.ts';
import { drained } from './drained.ts';
import { RemoteFileNotFoundError } from './files.ts';
import { mungePath } from './munge-path.ts';
import { quoteWord } from './quote.ts';
import type { PulledFile, Remote } from './remote.ts';

export interface PullParams {
  readonly run: Remote['run'];
  readonly host: string;
  readonly log: Logger;
  readonly path: string;
  readonly receive: (file: PulledFile) => Promise<void>;
  readonly sudo?: boolean;
  readonly signal?: AbortSignal;
}

/** tar's status for files that changed or vanished while it read them. */
const someFilesDiffer = 1;

/**
 * Streams the regular files below a directory, each handed over under a munged path. Links and devices are skipped with a line in the
 * log; a file that changes or goes while it is read is a warning. Throws RemoteFileNotFoundError when there is no such directory.
 */
export async function pullDirectory(params: PullParams): Promise<void> {
  const extract = tar.extract();
  const stopped = new AbortController();
  const signal = params.signal ? AbortSignal.any([params.signal, stopped.signal]) : stopped.signal;
  const received = receiveAll(extract, params).catch((error: unknown) => {
    stopped.abort(error);
    extract.destroy();
    throw error;
  });
  received.catch(() => {});
  try {
    await streamTar(extract, { ...params, signal });
  } catch (error) {
    extract.destroy();
    await received.catch((cause: unknown) => {
      if (stopped.signal.aborted) throw cause;
    });
    throw error;
  }
  await received;
}

async function receiveAll(extract: tar.Extract, params: PullParams): Promise<void> {
  for await (const entry of extract) {
    const { header } = entry;
    if (isFile(header)) {
      const content = entry as unknown as AsyncIterable<Uint8Array>; // Its type says less than it is.
      await params.receive({ path: mungePath(header.name), size: header.size ?? 0, content });
    } else if (header.type !== 'directory') {
      params.log.info(`Not pulling ${header.type} ${params.path}/${header.name} of ${params.host}`);
    }
    entry.resume();
  }
}

function isFile(header: Header): boolean {
  return header.type === 'file' || header.type === 'contiguous-file';
}

async function streamTar(extract: tar.Extract, params: PullParams): Promise<void> {
  const { path, host, run } = params;
  const errors: Buffer[] = [];
  const sudo = params.sudo ? 'sudo ' : '';
  const command = `${sudo}env LC_ALL=C tar c -f - --hard-dereference -C ${quoteWord(path)} -- .`;
  try {
    await run(command, {
      quiet: true,
      signal: params.signal,
      onStdout: (chunk) => (extract.write(chunk) ? undefined : drained(extract)),
      onStderr: (chunk) => {
        if (errors.length < 256) errors.push(chunk);
      },
    });
  } catch (error) {
    const said = Buffer.concat(errors).toString('utf8');
    if (!(error instanceof CommandFailedError)) throw error;
    if (
      /^tar: .*: Cannot open: No such file or directory$/m.test(said) &&
      said.includes('is not recoverable')
    ) {
      throw new RemoteFileNotFoundError({ host, path, cause: error });
    }
    if (error.exitStatus !== someFilesDiffer) throw error;
    for (const line of said.trim().split('\n')) params.log.warn(`Pulling ${path} of ${host}: ${line}`);
  }
  extract.end(null);
}
