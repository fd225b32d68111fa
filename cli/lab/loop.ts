import type { Logger } from '../../core/ports/logger.ts';

/** Something that a lab does again and again, never twice at once. */
export interface Loop {
  /** Do it soon; while it is being done, do it once more afterwards. */
  poke(): void;
  /** Does it no more; resolves when the last pass is over. */
  stop(): Promise<void>;
}

/** Starts a loop: a pass at once, one after every poke, and one at least every `everyMs`. A failing pass is logged and never ends the loop. */
export function startLoop(params: {
  name: string;
  everyMs: number;
  act: () => Promise<unknown>;
  log: Logger;
}): Loop {
  const state = { poked: false, stopped: false };
  let wake: () => void = () => undefined;

  const pass = async () => {
    try {
      await params.act();
    } catch (error) {
      if (!state.stopped)
        params.log.error(`${params.name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  };
  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, params.everyMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async () => {
    while (!state.stopped) {
      state.poked = false;
      await pass();
      if (!state.stopped && !state.poked) await rest();
    }
  };
  const over = run();

  return {
    poke: () => {
      state.poked = true;
      wake();
    },
    stop: async () => {
      state.stopped = true;
      wake();
      await over;
    },
  };
}
