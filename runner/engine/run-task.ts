import type { Logger } from '../../core/ports/logger.ts';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import { withSignal } from './current-signal.ts';
import { failureText, rootFailure } from './failure.ts';
import { createManager } from './manager.ts';
import type { Manager } from './manager.ts';
import { waitWithPatience } from './patience.ts';
import { createScope } from './scope.ts';
import type { Scope } from './scope.ts';
import { withoutSnapshots } from './snapshot.ts';
import type { TakeSnapshot } from './snapshot.ts';
import type { StepRecorder } from './steps.ts';
import { JobStoppedError } from './stop.ts';
import type { StopControl } from './stop.ts';
import type { Task, TaskContext } from './task.ts';
import { readTaskEntry } from './task-entry.ts';
import type { TaskRegistry } from './task-registry.ts';
import { unwind } from './unwind.ts';
import type { Unwinding } from './unwind.ts';

/** What the tasks of one job share: everything in a context but what the engine itself puts there. */
export type SharedContext = Pick<
  TaskContext,
  'job' | 'cluster' | 'summary' | 'archive' | 'site' | 'state' | 'options' | 'interact'
> & { readonly takeSnapshot?: TakeSnapshot }; // absent = the hosts keep none

export interface EngineParams {
  readonly shared: SharedContext; // read anew by each access, so that getters work
  readonly tasks: TaskRegistry;
  readonly stop: StopControl;
  readonly steps: StepRecorder;
  readonly log: Logger; // the root
  readonly graceMs: number; // how long a task that was told to stop may still go on
  /** Called with each failure where it appears, before anything more is unwound. */
  readonly onFailure?: (failure: Error, phase: 'execution' | 'cleanup') => Promise<void>;
  /** Told of each failed undo at once, so that later undos see it in the summary. */
  readonly undoFailed?: (failure: Error, depth: number) => void;
}

interface EnterParams {
  readonly scope: Scope;
  readonly entry: PlainValue;
  readonly starting: (name: string) => void;
  readonly failed?: (failure: Error) => void; // told before anybody is asked to look at it
  readonly holder?: Manager; // where the undos go; absent = a manager of the task's own in the scope
}

/** Runs one entry of a list: the task's undos stay with the scope, and its failure is thrown as the root of what went wrong. */
export async function enter(engine: EngineParams, params: EnterParams): Promise<void> {
  const { scope } = params;
  const { name, config } = readTaskEntry(params.entry, engine.shared.job);
  scope.signal.throwIfAborted();
  params.starting(name);
  const manager = params.holder ?? createManager(name);
  if (!params.holder) scope.managers.push(manager);
  const at = { task: name, phase: 'enter', parent: scope.parentStep, depth: scope.depth } as const;
  await engine.steps.during(at, async (step) => {
    try {
      const task = await engine.tasks.resolve(name);
      await call(engine, { scope, manager, step, task: task.run, name, logger: task.logger, config });
      scope.signal.throwIfAborted();
    } catch (thrown) {
      const failure = rootFailure(thrown);
      params.failed?.(failure);
      if (!scope.signal.aborted) await engine.onFailure?.(failure, 'execution');
      throw failure;
    }
  });
}

async function call(
  engine: EngineParams,
  params: {
    scope: Scope;
    manager: Manager;
    step: number;
    name: string;
    logger: string;
    task: Task;
    config: PlainValue;
  },
): Promise<void> {
  const { scope, name } = params;
  const nested = { active: 0 };
  const ctx = createContext(engine, { ...params, nested });
  await waitWithPatience(
    withSignal(scope, async () => params.task(ctx, params.config)),
    {
      task: name,
      stop: scope.jobSignal,
      end: engine.stop.unwinding,
      graceMs: engine.graceMs,
      busy: () => nested.active > 0,
    },
  );
}

function createContext(
  engine: EngineParams,
  params: { scope: Scope; manager: Manager; step: number; logger: string; nested: { active: number } },
): TaskContext {
  const { shared } = engine;
  const { scope, manager, nested } = params;
  const log = engine.log.child(params.logger);
  const inside = async (act: () => Promise<void>): Promise<void> => {
    nested.active++;
    try {
      await act();
    } finally {
      nested.active--;
    }
  };
  const open = (signal?: AbortSignal): Scope =>
    createScope({
      stop: engine.stop,
      outer: scope,
      parentStep: params.step,
      ...(signal ? { signal } : {}),
    });
  return {
    job: shared.job,
    get cluster() {
      return shared.cluster;
    },
    log,
    get signal() {
      return scope.signal;
    },
    summary: shared.summary,
    archive: shared.archive,
    site: shared.site,
    state: shared.state,
    options: shared.options,
    interact: (reason) => shared.interact(reason),
    stopJob: (failure) =>
      engine.stop.stop(new JobStoppedError('crashed', failureText(failure), { cause: failure })),
    snapshot: (order, install) =>
      (shared.takeSnapshot ?? withoutSnapshots)(
        { log, signal: scope.signal, remotes: shared.cluster.remotes },
        order,
        install,
      ),
    defer: (undo) => manager.defer(undo),
    runTask: (entry, { inherit = false, signal } = {}) =>
      inside(() =>
        inherit
          ? enter(engine, {
              scope: inherited(open(signal), scope),
              entry,
              starting: () => {},
              holder: manager,
            })
          : runNested(engine, { scope: open(signal), entries: [entry], starting: () => {} }),
      ),
    runTasks: (entries, { signal, starting = () => {} } = {}) =>
      inside(() => runNested(engine, { scope: open(signal), entries, starting })),
  };
}

/** The scope of a task that leaves its undos to its caller: it is unwound when the caller's list is. */
function inherited(scope: Scope, from: Scope): Scope {
  return {
    ...scope,
    get phase() {
      return from.phase;
    },
    set phase(_value) {},
    get signal() {
      return from.phase === 'enter' ? scope.signal : from.signal;
    },
    get jobSignal() {
      return from.phase === 'enter' ? scope.jobSignal : from.jobSignal;
    },
  };
}

async function runNested(
  engine: EngineParams,
  params: { scope: Scope; entries: readonly PlainValue[]; starting: (name: string) => void },
): Promise<void> {
  const { scope, entries, starting } = params;
  let failure: Error | null = null;
  try {
    for (const entry of entries) await enter(engine, { scope, entry, starting });
  } catch (thrown) {
    failure = rootFailure(thrown);
  }
  const { failures } = await unwindScope(engine, { scope, failure });
  const first = failure ?? failures[0] ?? null;
  if (first !== null) throw first;
}

/** Undoes what the tasks of a scope left. */
export function unwindScope(
  engine: EngineParams,
  params: { scope: Scope; failure: Error | null },
): Promise<Unwinding> {
  return unwind({ ...params, ...engine, log: engine.log.child('teuthology.run_tasks') });
}
