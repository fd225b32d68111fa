import type { VirtualTime } from './virtual-time.ts';

/** A process of the simulated world: code that stands still when it is paused, and never goes on when it is dead. */
export interface SimProcess {
  readonly name: string;
  readonly alive: boolean;
  readonly paused: boolean;
  /** Since when it has been paused, or 0. */
  readonly pausedAt: number;
  /** Resolves when the process may do its next step: at once, after a pause, or never. */
  turn(): Promise<void>;
  /** Sleeps; ends early when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  kill(): void;
  pause(): void;
  resume(): void;
  onExit(listener: () => void): void;
}

/** A process that runs. Its code must go through `turn` around everything that it does to the outside. */
export function simProcess(name: string, time: VirtualTime): SimProcess {
  let alive = true;
  let pausedAt = 0;
  let paused = false;
  let waiting: (() => void)[] = [];
  const exits: (() => void)[] = [];
  const process: SimProcess = {
    name,
    get alive() {
      return alive;
    },
    get paused() {
      return paused;
    },
    get pausedAt() {
      return pausedAt;
    },
    turn() {
      if (alive && !paused) return Promise.resolve();
      return new Promise((resolve) => {
        if (alive) waiting.push(resolve);
      });
    },
    async sleep(ms, signal) {
      await new Promise<void>((resolve) => {
        time.after(ms, resolve);
        if (signal?.aborted) resolve();
        else signal?.addEventListener('abort', () => resolve(), { once: true });
      });
      await process.turn();
    },
    kill() {
      if (!alive) return;
      alive = false;
      waiting = [];
      for (const listener of exits) listener();
    },
    pause() {
      if (paused) return;
      paused = true;
      pausedAt = time.now();
    },
    resume() {
      if (!paused) return;
      paused = false;
      pausedAt = 0;
      const woken = waiting;
      waiting = [];
      if (alive) for (const wake of woken) wake();
    },
    onExit: (listener) => void exits.push(listener),
  };
  return process;
}
