import type { PlainValue } from '../../core/config/yaml-value.ts';
import { rootFailure, stackText } from './failure.ts';
import { enter, unwindScope } from './run-task.ts';
import type { EngineParams } from './run-task.ts';
import { createScope } from './scope.ts';
import type { Unwinding } from './unwind.ts';

/** What came of a job's list: the failure that ended it, and those of its unwinding. */
export interface ListOutcome {
  readonly failure: Error | null;
  readonly unwinding: Unwinding;
}

export interface Engine {
  /** Runs the job's own list and unwinds it; `entered` is called between the two. Never rejects for what a task does. */
  run(
    entries: readonly PlainValue[],
    params: { entered: (failure: Error | null) => Promise<void> },
  ): Promise<ListOutcome>;
}

/** The task stack of one job. */
export function createEngine(params: EngineParams): Engine {
  const log = params.log.child('teuthology.run_tasks');
  return {
    async run(entries, { entered }) {
      const scope = createScope({ stop: params.stop, outer: null, parentStep: null });
      let failure: Error | null = null;
      const failed = (thrown: unknown): void => {
        if (failure !== null) return;
        failure = rootFailure(thrown);
        log.error(`Saw exception from tasks.\n${stackText(failure)}`);
      };
      try {
        for (const entry of entries) {
          await enter(params, {
            scope,
            entry,
            starting: (name) => log.info(`Running task ${name}...`),
            failed,
          });
        }
      } catch (thrown) {
        failed(thrown);
      }
      await entered(failure);
      return { failure, unwinding: await unwindScope(params, { scope, failure }) };
    },
  };
}
