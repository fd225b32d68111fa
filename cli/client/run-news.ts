import { setTimeout as sleep } from 'node:timers/promises';
import { serverEvents } from './event-stream.ts';
import { apiPath } from './lab-client.ts';
import type { LabClient } from './lab-client.ts';

/** Tells when it is worth looking at a run again. */
export interface RunNews extends AsyncDisposable {
  /** Resolves when the lab has told something of the run since the last call; without a stream of events, after `pollMs`. */
  next(): Promise<void>;
}

const longestMs = 30_000;

/** Listens to the events of a run, also over broken connections. A lab that has none is asked every `pollMs`. */
export function runNews(
  lab: LabClient,
  run: string,
  params: { pollMs: number; signal?: AbortSignal },
): RunNews {
  const closing = new AbortController();
  const signal = AbortSignal.any([closing.signal, ...(params.signal ? [params.signal] : [])]);
  let streaming = true;
  let pending = false;
  let wake = () => {};
  const listening = (async () => {
    for await (const _ of serverEvents(lab, `${apiPath('runs', run)}/events`, signal)) {
      pending = true;
      wake();
    }
  })()
    .catch(() => undefined)
    .finally(() => {
      streaming = false;
      wake();
    });
  return {
    async next() {
      params.signal?.throwIfAborted();
      if (!streaming)
        return await sleep(params.pollMs, undefined, params.signal ? { signal: params.signal } : {});
      if (!pending) {
        const timer = new AbortController();
        await Promise.race([
          new Promise<void>((resolve) => (wake = resolve)),
          sleep(longestMs, undefined, { signal: timer.signal }).catch(() => undefined),
        ]);
        timer.abort();
      }
      pending = false;
      params.signal?.throwIfAborted();
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await listening;
    },
  };
}
