/** What a task leaves behind to be undone; it gets the failure that unwinds the list, or null. */
export type Undo = (failure: Error | null) => Promise<void> | void;

/** The undos of one task, and of the tasks that handed theirs over to it. */
export interface Manager {
  readonly task: string;
  readonly empty: boolean;
  /** Throws when the task has been unwound already: nobody would run the undo any more. */
  defer(undo: Undo): void;
  /** Takes the undo that was left last, or null. */
  take(): Undo | null;
  /** From here on nothing can be deferred. */
  close(): void;
}

/** An undo that came too late to be run. */
class LateUndoError extends Error {
  override readonly name = 'LateUndoError';
  constructor(task: string) {
    super(`${task} left an undo after it had been unwound: whatever it undoes stays behind`);
  }
}

/** Each undo is given out once, in reverse order, also when undos leave undos. */
export function createManager(task: string): Manager {
  const undos: Undo[] = [];
  let closed = false;
  return {
    task,
    get empty() {
      return undos.length === 0;
    },
    defer(undo) {
      if (closed) throw new LateUndoError(task);
      undos.push(undo);
    },
    take: () => undos.pop() ?? null,
    close() {
      closed = true;
    },
  };
}
