import type { Logger } from '../../core/ports/logger.ts';
import { withSignal } from './current-signal.ts';
import { rootFailure, stackText } from './failure.ts';
import type { Manager, Undo } from './manager.ts';
import { waitWithPatience } from './patience.ts';
import type { Scope } from './scope.ts';
import type { StepRecorder } from './steps.ts';
import type { StopControl } from './stop.ts';

/** What came of an unwinding. */
export interface Unwinding {
  readonly failures: readonly Error[]; // in the order they appeared
  readonly abandoned: readonly string[]; // tasks whose undos were not run, or not to their end
}

export interface UnwindParams {
  readonly scope: Scope;
  readonly failure: Error | null; // what ended the list
  readonly stop: StopControl;
  readonly steps: StepRecorder;
  readonly log: Logger;
  readonly graceMs: number;
  readonly onFailure?: (failure: Error, phase: 'execution' | 'cleanup') => Promise<void>;
  readonly undoFailed?: (failure: Error, depth: number) => void;
}

/**
 * Runs all undos of a list, last first and each once, whatever the others do. They get the list's failure, or else the first
 * failure among them. Once the job may do nothing more to its hosts, those that are left are only named in the log.
 */
export async function unwind(params: UnwindParams): Promise<Unwinding> {
  const { scope, stop, log } = params;
  const failures: Error[] = [];
  const abandoned: string[] = [];
  scope.phase = 'unwind';
  for (let manager = scope.managers.pop(); manager; manager = scope.managers.pop()) {
    if (manager.empty) manager.close();
    else if (stop.unwinding.aborted) abandoned.push(manager.task);
    else {
      log.debug(`Unwinding manager ${manager.task}`);
      if (!(await unwindManager({ ...params, manager, failures }))) abandoned.push(manager.task);
    }
  }
  if (abandoned.length > 0) log.error(`Unwinding was cut short, not undone: ${abandoned.join(', ')}`);
  return { failures, abandoned };
}

/** Returns whether all undos were run to their end. */
async function unwindManager(
  params: UnwindParams & { manager: Manager; failures: Error[] },
): Promise<boolean> {
  const { scope, manager, stop } = params;
  const at = { task: manager.task, phase: 'exit', parent: scope.parentStep, depth: scope.depth } as const;
  const before = params.failures.length;
  await params.steps
    .during(at, async () => {
      for (let undo = manager.take(); undo && !stop.unwinding.aborted; undo = manager.take()) {
        await runUndo({ ...params, undo });
      }
      const first = params.failures[before];
      if (first) throw first; // only for the step's record; each has been reported already
    })
    .catch(() => {});
  manager.close();
  return !stop.unwinding.aborted;
}

async function runUndo(
  params: UnwindParams & { manager: Manager; failures: Error[]; undo: Undo },
): Promise<void> {
  const { scope, manager, stop, failures, undo } = params;
  try {
    await waitWithPatience(
      withSignal(scope, async () => undo(params.failure ?? failures[0] ?? null)),
      {
        task: `Unwinding of ${manager.task}`,
        stop: stop.unwinding,
        end: stop.unwinding,
        graceMs: params.graceMs,
        busy: () => false,
      },
    );
  } catch (thrown) {
    const failure = rootFailure(thrown);
    failures.push(failure);
    params.undoFailed?.(failure, scope.depth);
    params.log.error(`Manager failed: ${manager.task}\n${stackText(failure)}`);
    if (!stop.unwinding.aborted) await params.onFailure?.(failure, 'cleanup');
  }
}
