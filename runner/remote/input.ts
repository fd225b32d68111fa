import { Readable, Writable } from 'node:stream';
import { once } from 'node:events';
import type { ClientChannel } from 'ssh2';
import type { CommandChannel } from './connection.ts';

/** How much of a string or byte array goes into one write. */
const portion = 256 * 1024;

/**
 * Copies a source into a command's stdin and closes it. A command that ends without reading all of it ends the copying: that is the
 * command's right and no error. Rejects only with the source's own failure; a source that is not read to its end is destroyed.
 */
export async function feedInput(
  command: CommandChannel,
  source: string | Uint8Array | Readable,
): Promise<void> {
  const { channel } = command;
  const gone = new AbortController();
  void Promise.race([command.exit, command.closed]).then(() => gone.abort());
  for await (const chunk of chunksOf(source, gone.signal)) {
    if (gone.signal.aborted || !channel.writable) return;
    if (!channel.write(chunk)) await once(channel, 'drain', { signal: gone.signal }).catch(() => {});
  }
  channel.end();
}

async function* chunksOf(
  source: string | Uint8Array | Readable,
  gone: AbortSignal,
): AsyncGenerator<string | Uint8Array> {
  if (!(source instanceof Readable)) {
    const bytes = typeof source === 'string' ? Buffer.from(source) : source;
    for (let at = 0; at < bytes.length; at += portion) yield bytes.subarray(at, at + portion);
    return;
  }
  const stop = (): void => void source.destroy();
  gone.addEventListener('abort', stop, { once: true });
  try {
    yield* source;
  } catch (error) {
    if (!gone.aborted) throw error;
  } finally {
    gone.removeEventListener('abort', stop);
  }
}

/** The stdin of a started command as the caller writes it. Writing after the command's end fails with EPIPE, as it does locally. */
export function inputPipe({ channel, closed }: CommandChannel): Writable {
  let over = false;
  const pipe = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (over || !channel.writable) return done(brokenPipe());
      if (channel.write(chunk)) return done();
      settleOnce(channel, done);
    },
    final(done) {
      if (!over && channel.writable) channel.end();
      done();
    },
  });
  void closed.then(() => {
    over = true;
  });
  // A caller that does not listen hears of the command's end from wait(); the process must not die of it.
  pipe.on('error', () => {});
  return pipe;
}

function settleOnce(channel: ClientChannel, done: (error?: Error) => void): void {
  const drained = (): void => {
    channel.off('close', closed);
    done();
  };
  const closed = (): void => {
    channel.off('drain', drained);
    done(brokenPipe());
  };
  channel.once('drain', drained);
  channel.once('close', closed);
}

function brokenPipe(): Error {
  return Object.assign(new Error('write EPIPE: the command has ended'), { code: 'EPIPE' });
}
