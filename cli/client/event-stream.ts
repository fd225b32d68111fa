import { setTimeout as sleep } from 'node:timers/promises';
import { LabRefusedError, LabUnreachableError } from './lab-client.ts';
import type { LabClient } from './lab-client.ts';

/** One event that a server has sent. */
export interface ServerEvent {
  readonly event: string; // `message` when it has no name
  readonly id: string | null; // where to go on from
  readonly data: string;
}

/** The lab cannot tell events on that path: it is to be asked instead. */
export class NoEventsError extends Error {
  override readonly name = 'NoEventsError';
}

const restartMs = 60_000;
const pauseMs = 500;

/**
 * The events of a path up to the one named `end`, each once: a connection that breaks is made again and goes on behind the last event
 * that was complete. Throws NoEventsError when the lab has none there, and LabUnreachableError when it is gone for longer than a
 * restart takes.
 */
export async function* serverEvents(
  lab: Pick<LabClient, 'stream'>,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let last: string | null = null;
  let giveUpAt: number | null = null;
  for (;;) {
    try {
      const headers = { accept: 'text/event-stream', ...(last !== null && { 'last-event-id': last }) };
      const chunks = await lab.stream(path, { headers, ...(signal && { signal }) });
      let told = false;
      for await (const event of readEvents(chunks)) {
        told = true;
        giveUpAt = null;
        last = event.id ?? last;
        yield event;
        if (event.event === 'end') return;
      }
      if (!told) throw new NoEventsError(`${path} has no events`);
    } catch (error) {
      if (signal?.aborted || error instanceof NoEventsError) throw error;
      if (error instanceof LabRefusedError && error.retryAfterMs === null && error.status < 500)
        throw new NoEventsError(error.message, { cause: error });
      giveUpAt ??= Date.now() + restartMs;
      if (error instanceof LabUnreachableError && (last === null || Date.now() > giveUpAt)) throw error;
    }
    await sleep(pauseMs, undefined, signal && { signal });
  }
}

/** Reads `text/event-stream`. An event that is not ended when the stream ends is none. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== null) yield event;
    }
  }
}

/** Null for a comment, which only shows that the connection is there. */
function eventOf(block: string): ServerEvent | null {
  const lines = block.split('\n');
  const field = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1));
  const value = (text: string | undefined) => text?.replace(/^ /, '') ?? null;
  const data = field('data');
  if (data.length === 0) return null;
  return {
    event: value(field('event').at(-1)) ?? 'message',
    id: value(field('id').at(-1)),
    data: data.map((line) => value(line)).join('\n'),
  };
}
