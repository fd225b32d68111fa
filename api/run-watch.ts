import type { JobStore, RunRecord } from '../core/ports/job-store.ts';
import type { JobEvent, RunEvents } from '../core/ports/run-events.ts';

/** What a reader of a run's events is told. */
export type RunNews =
  | { readonly kind: 'run'; readonly run: RunRecord }
  | { readonly kind: 'job'; readonly event: JobEvent }
  | { readonly kind: 'quiet' } // nothing happened for a while: the connection is still there
  | { readonly kind: 'end'; readonly run: RunRecord };

interface News {
  readonly run: RunRecord;
  readonly events: readonly JobEvent[];
}
type Listener = (news: News) => void;

const batch = 500;
const mostPending = 1000;

/**
 * Watches runs for any number of readers: while a run has readers it is looked at once per `pollMs`, by one statement as long as
 * nothing happens. A reader who does not keep up is let go, and comes back with the last number it saw.
 */
export function createRunWatch(params: {
  jobs: Pick<JobStore, 'getRun'>;
  events: RunEvents;
  pollMs: number;
  quietMs: number;
}) {
  const { jobs, events, pollMs } = params;
  const watched = new Map<string, Set<Listener>>();

  const look = async (name: string, listeners: Set<Listener>) => {
    let seen = '';
    let position = await events.last(name);
    while (listeners.size > 0) {
      const run = await jobs.getRun(name);
      const state = run === null ? '' : stateOf(run);
      if (run !== null && state !== seen) {
        const changes = await events.after(name, position, batch);
        position = changes.at(-1)?.seq ?? position;
        if (changes.length < batch) seen = state;
        for (const tell of listeners) tell({ run, events: changes });
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  };
  const listen = (name: string, listener: Listener) => {
    const listeners = watched.get(name) ?? new Set();
    listeners.add(listener);
    if (watched.get(name) !== listeners) {
      watched.set(name, listeners);
      // A store that fails lets the readers go: they come back, and a new look is begun.
      void look(name, listeners)
        .catch(() => listeners.clear())
        .finally(() => watched.get(name) === listeners && watched.delete(name));
    }
    return () => void listeners.delete(listener);
  };

  return {
    /** How many runs are being looked at. */
    watching: () => watched.size,
    /** The news of a run from number `after` on (null = from now on), until it is over or the reader goes. */
    async *news(run: RunRecord, after: number | null, signal: AbortSignal): AsyncGenerator<RunNews> {
      const pending: News[] = [];
      let wake = () => {};
      const unlisten = listen(run.name, (news) => {
        pending.push(news);
        wake();
      });
      signal.addEventListener('abort', () => wake(), { once: true });
      try {
        let position = after ?? (await events.last(run.name));
        yield { kind: 'run', run };
        for (;;) {
          const missed = await events.after(run.name, position, batch);
          for (const event of missed) yield { kind: 'job', event };
          position = missed.at(-1)?.seq ?? position;
          if (missed.length < batch) break;
        }
        let now = (await jobs.getRun(run.name)) ?? run;
        if (stateOf(now) !== stateOf(run)) yield { kind: 'run', run: now };
        while (!signal.aborted && !isOver(now)) {
          if (pending.length > mostPending) return;
          const news = pending.shift();
          if (news === undefined) {
            const timely = await new Promise<boolean>((resolve) => {
              const timer = setTimeout(() => resolve(false), params.quietMs);
              wake = () => {
                clearTimeout(timer);
                resolve(true);
              };
            });
            if (!timely) yield { kind: 'quiet' };
            continue;
          }
          for (const event of news.events.filter(({ seq }) => seq > position)) yield { kind: 'job', event };
          position = Math.max(position, news.events.at(-1)?.seq ?? 0);
          if (stateOf(news.run) !== stateOf(now)) yield { kind: 'run', run: news.run };
          now = news.run;
        }
        if (isOver(now)) {
          for (const event of await events.after(run.name, position, batch)) yield { kind: 'job', event };
          yield { kind: 'end', run: now };
        }
      } finally {
        unlisten();
      }
    },
  };
}

function stateOf(run: RunRecord): string {
  return JSON.stringify([run.counts, run.closed, run.updatedAt]);
}

function isOver(run: RunRecord): boolean {
  return run.closed && run.counts.queued + run.counts.waiting + run.counts.running === 0;
}
