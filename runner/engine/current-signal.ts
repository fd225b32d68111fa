import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<{ readonly signal: AbortSignal }>();

/** Runs a task or an undo so that `currentSignal` finds its signal, in everything that it awaits. */
export function withSignal<T>(holder: { readonly signal: AbortSignal }, act: () => T): T {
  return current.run(holder, act);
}

/** The signal of the task that is running here; undefined outside of tasks. */
export function currentSignal(): AbortSignal | undefined {
  return current.getStore()?.signal;
}
