import type { Wakeups } from '../../core/ports/wakeups.ts';

/** Wake-ups within one process. */
export interface LocalWakeups extends Wakeups {
  /** Calls the listener, soon and outside of the poke, with each machine type that is poked. Returns how to stop that. */
  listen(listener: (machineType: string) => void): () => void;
}

/** Pokes of one tick for the same machine type reach a listener once. A poke that nobody listens to is lost. */
export function localWakeups(): LocalWakeups {
  const listeners = new Set<(machineType: string) => void>();
  const pending = new Set<string>();
  const deliver = () => {
    const types = [...pending];
    pending.clear();
    for (const listener of listeners) types.forEach((type) => listener(type));
  };
  return {
    async poke(machineType) {
      if (pending.size === 0) setImmediate(deliver);
      pending.add(machineType);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
