import type { StepSink } from '../engine/steps.ts';

/** Marks of one job's course, as timing.yaml shows them. */
export interface Timing {
  readonly sink: StepSink;
  /** All tasks were entered, or one failed. */
  mark(message: string, at: number): void;
  /** The document as it is now. */
  document(): TimingDocument;
}

interface TimingDocument {
  readonly start: string; // UTC, `YYYY-MM-DD_HH:MM:SS`
  readonly end: string;
  readonly elapsed: number; // seconds
  readonly marks: readonly { readonly message: string; readonly interval: number }[]; // seconds since the start
}

/** Collects the steps of the job's own list; `changed` is called after each mark. */
export function createTiming(params: { startedAt: number; changed: () => void }): Timing {
  const { startedAt } = params;
  const marks: { message: string; interval: number }[] = [];
  let last = startedAt;
  const timing: Timing = {
    sink(event) {
      if (event.kind === 'start' && event.depth === 0) timing.mark(`${event.task} ${event.phase}`, event.at);
    },
    mark(message, at) {
      last = at;
      marks.push({ message, interval: (at - startedAt) / 1000 });
      params.changed();
    },
    document: () => ({
      start: stamp(startedAt),
      end: stamp(last),
      elapsed: (last - startedAt) / 1000,
      marks: [...marks],
    }),
  };
  return timing;
}

function stamp(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', '_');
}
