/** Time that passes only when everything that could happen now has happened. */
export interface VirtualTime {
  /** Milliseconds since the world began, by a clock that nobody can set. */
  now(): number;
  /** Has `act` done after so many milliseconds. Acts of the same moment are done in the order in which they were asked for. */
  after(ms: number, act: () => void): void;
  sleep(ms: number): Promise<void>;
  /** Lets time pass until `done` says so or nothing is left to happen; `settled` is called between any two moments. */
  run(params: { done: () => boolean; settled: () => void }): Promise<void>;
}

interface Moment {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

/** A world's time. Deterministic as long as nothing in the world waits for anything but this time and other promises. */
export function virtualTime(): VirtualTime {
  const heap: Moment[] = [];
  let now = 0;
  let order = 0;
  const after = (ms: number, act: () => void) =>
    push(heap, { at: now + Math.max(0, ms), order: order++, act });
  return {
    now: () => now,
    after,
    sleep: (ms) => new Promise((resolve) => after(ms, resolve)),
    async run({ done, settled }) {
      await stillness();
      while (!done()) {
        const moment = pop(heap);
        if (moment === null) return;
        now = moment.at;
        moment.act();
        await stillness();
        settled();
      }
    },
  };
}

/** Everything that follows from an act runs as microtasks, and those are all done before the next immediate. */
function stillness(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Moment, b: Moment): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Moment[], moment: Moment): void {
  let at = heap.push(moment) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Moment;
    if (!isBefore(moment, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = moment;
}

function pop(heap: Moment[]): Moment | null {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined) return null;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const right = heap[child + 1];
    if (right !== undefined && isBefore(right, heap[child] as Moment)) child += 1;
    const below = heap[child];
    if (below === undefined || !isBefore(below, last)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
  return first;
}
