/**
 * What the engine does, as it does it: one event when a task is entered or unwound, one when that is over. The log, timing.yaml
 * and the pages are made from this stream.
 */
export type StepEvent =
  | {
      readonly kind: 'start';
      readonly step: number; // unique within the job, growing
      readonly parent: number | null; // the step that this one is part of; null at the top
      readonly depth: number; // 0 = in the job's own list
      readonly phase: StepPhase;
      readonly task: string;
      readonly at: number; // epoch ms
    }
  | {
      readonly kind: 'end';
      readonly step: number;
      readonly task: string;
      readonly depth: number;
      readonly phase: StepPhase;
      readonly at: number; // epoch ms
      readonly durationMs: number;
      readonly failure: string | null;
    };

type StepPhase = 'enter' | 'exit';

/** Receives the events in order, synchronously; it must neither throw nor take long. */
export type StepSink = (event: StepEvent) => void;

export interface StepRecorder {
  /** Records one step around `act`, failure included. */
  during<T>(
    step: { task: string; phase: StepPhase; parent: number | null; depth: number },
    act: (id: number) => Promise<T>,
  ): Promise<T>;
}

/** Numbers the steps of one job and times them. */
export function createStepRecorder(params: { sink: StepSink; now: () => number }): StepRecorder {
  let last = 0;
  return {
    async during({ task, phase, parent, depth }, act) {
      const step = ++last;
      const started = params.now();
      let failure: string | null = null;
      params.sink({ kind: 'start', step, parent, depth, phase, task, at: started });
      try {
        return await act(step);
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
        throw error;
      } finally {
        const at = params.now();
        params.sink({ kind: 'end', step, task, depth, phase, at, durationMs: at - started, failure });
      }
    },
  };
}
