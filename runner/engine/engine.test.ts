import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import { createJobLog } from '../archive/job-log.ts';
import { createMask } from '../archive/mask.ts';
import type { Cluster } from '../remote/cluster.ts';
import { createEngine } from './engine.ts';
import type { ListOutcome } from './engine.ts';
import { createStepRecorder } from './steps.ts';
import type { StepEvent } from './steps.ts';
import { createStopControl, JobStoppedError } from './stop.ts';
import type { StopControl } from './stop.ts';
import { createTaskRegistry } from './task-registry.ts';
import type { Task } from './task.ts';
import { defaultSite } from '../../core/config/site-settings.ts';

const noHosts: Cluster = {
  hosts: [],
  remotes: [],
  only: () => noHosts,
  exclude: () => noHosts,
  filter: () => noHosts,
  remoteOf: (role) => {
    throw new Error(`no ${role}`);
  },
  rolesOf: () => [],
  each: async () => {},
};

interface Bench {
  readonly lines: string[];
  readonly steps: StepEvent[];
  readonly stop: StopControl;
  run(entries: PlainValue[]): Promise<ListOutcome>;
}

const controls: StopControl[] = [];
afterEach(() => {
  for (const control of controls.splice(0)) control.dispose();
});

/** An engine with the given tasks, on no hosts. */
function bench(
  tasks: Record<string, Task>,
  options: {
    graceMs?: number;
    unwindMs?: number;
    signal?: AbortSignal;
    job?: { [key: string]: PlainValue };
  } = {},
): Bench {
  const lines: string[] = [];
  const steps: StepEvent[] = [];
  const log = createJobLog({
    clock: { now: () => 0 },
    mask: createMask({ secrets: [], config: null }),
    file: (line) => lines.push(line.split(' ').slice(1).join(' ').trimEnd()),
    console: null,
    verbose: true,
  });
  const stop = createStopControl({
    signal: options.signal ?? new AbortController().signal,
    unwindMs: options.unwindMs ?? 60_000,
    maxSeconds: null,
  });
  controls.push(stop);
  const builtIn = Object.fromEntries(
    Object.entries({ sequential, ...tasks }).map(([name, task]) => [name, async () => ({ task })]),
  );
  const engine = createEngine({
    shared: {
      job: options.job ?? {},
      cluster: noHosts,
      summary: { owner: 'me', success: true },
      archive: null,
      site: defaultSite,
      state: new Map(),
      options: {
        owner: 'me',
        name: null,
        jobId: null,
        description: null,
        verbose: true,
        suitePath: null,
        interactiveOnError: false,
      },
      interact: async () => {},
    },
    tasks: createTaskRegistry({ builtIn, suitePath: null, suite: null }),
    stop,
    steps: createStepRecorder({ now: () => 0, sink: (event) => steps.push(event) }),
    log,
    graceMs: options.graceMs ?? 60_000,
  });
  return {
    lines,
    steps,
    stop,
    run: (entries) => engine.run(entries, { entered: async () => {} }),
  };
}

const sequential: Task = async (ctx, config) => {
  await ctx.runTasks(config as PlainValue[], {
    starting: (name) => ctx.log.info(`In sequential, running task ${name}...`),
  });
};

describe('the task stack', () => {
  test('enters in order and undoes in reverse order, each undo once', async () => {
    const seen: string[] = [];
    const step: Task = async (ctx, name) => {
      seen.push(`enter ${String(name)}`);
      ctx.defer(() => void seen.push(`undo ${String(name)} first`));
      ctx.defer(() => void seen.push(`undo ${String(name)} last`));
    };
    const outcome = await bench({ step }).run([{ step: 'a' }, { step: 'b' }]);
    expect(outcome.failure).toBeNull();
    expect(seen).toEqual([
      'enter a',
      'enter b',
      'undo b last',
      'undo b first',
      'undo a last',
      'undo a first',
    ]);
  });

  test('undoes what a task deferred before it failed, and skips the tasks after it', async () => {
    const seen: string[] = [];
    const broken: Task = async (ctx) => {
      ctx.defer((failure) => void seen.push(`undo with ${failure?.message}`));
      throw new Error('half-way');
    };
    const never: Task = async () => void seen.push('never');
    const outcome = await bench({ broken, never }).run([{ broken: null }, { never: null }]);
    expect(outcome.failure?.message).toBe('half-way');
    expect(seen).toEqual(['undo with half-way']);
  });

  test('runs all undos although some fail, and hands the first failure to the later ones', async () => {
    const seen: string[] = [];
    const step: Task = async (ctx, name) => {
      ctx.defer((failure) => {
        seen.push(`${String(name)}: ${failure?.message ?? 'none'}`);
        throw new Error(`undo of ${String(name)}`);
      });
    };
    const outcome = await bench({ step }).run([{ step: 'a' }, { step: 'b' }, { step: 'c' }]);
    expect(outcome.failure).toBeNull();
    expect(seen).toEqual(['c: none', 'b: undo of c', 'a: undo of c']);
    expect(outcome.unwinding.failures.map((each) => each.message)).toEqual([
      'undo of c',
      'undo of b',
      'undo of a',
    ]);
  });

  test('an undo that leaves an undo has it run', async () => {
    const seen: string[] = [];
    const step: Task = async (ctx) => {
      ctx.defer(() => ctx.defer(() => void seen.push('second')));
    };
    await bench({ step }).run([{ step: null }]);
    expect(seen).toEqual(['second']);
  });

  test('reports the failure of the test and not that of its teardown', async () => {
    const disposing: Task = async () => {
      await using stack = new AsyncDisposableStack();
      stack.defer(() => {
        throw new Error('teardown');
      });
      throw new Error('the test');
    };
    const outcome = await bench({ disposing }).run([{ disposing: null }]);
    expect(outcome.failure?.message).toBe('the test');
  });

  test('writes the lines that scripts look for', async () => {
    const broken: Task = async (ctx) => {
      ctx.defer(() => {
        throw new Error('and its undo');
      });
      throw new Error('boom');
    };
    const { run, lines } = bench({ broken, quiet: async () => {} });
    await run([{ quiet: null }, { broken: null }]);
    expect(lines.map((line) => line.split('\n')[0])).toEqual([
      'INFO:teuthology.run_tasks:Running task quiet...',
      'INFO:teuthology.run_tasks:Running task broken...',
      'ERROR:teuthology.run_tasks:Saw exception from tasks.',
      'DEBUG:teuthology.run_tasks:Unwinding manager broken',
      'ERROR:teuthology.run_tasks:Manager failed: broken',
    ]);
  });

  test('a hyphen in a name stands for an underscore', async () => {
    const { run, lines } = bench({ ceph_fuse: async () => {} });
    expect((await run([{ 'ceph-fuse': null }])).failure).toBeNull();
    expect(lines[0]).toContain('Running task ceph_fuse...');
  });
});

describe('lists within lists', () => {
  test('unwind before the task that runs them is over, and see the failure', async () => {
    const seen: string[] = [];
    const step: Task = async (ctx, name) => {
      seen.push(`enter ${String(name)}`);
      ctx.defer((failure) => void seen.push(`undo ${String(name)} (${failure?.message ?? 'ok'})`));
      if (name === 'bad') throw new Error('bad');
    };
    const outcome = await bench({ step }).run([
      { step: 'outer' },
      { sequential: [{ step: 'a' }, { step: 'bad' }, { step: 'never' }] },
      { step: 'after' },
    ]);
    expect(outcome.failure?.message).toBe('bad');
    expect(seen).toEqual([
      'enter outer',
      'enter a',
      'enter bad',
      'undo bad (bad)',
      'undo a (bad)',
      'undo outer (bad)',
    ]);
  });

  test('a failing undo of a list that worked fails the task that ran the list', async () => {
    const leaky: Task = async (ctx) => ctx.defer(() => Promise.reject(new Error('leak')));
    const outcome = await bench({ leaky }).run([{ sequential: [{ leaky: null }] }]);
    expect(outcome.failure?.message).toBe('leak');
  });

  test('a task that inherits leaves its undos to the one that called it', async () => {
    const seen: string[] = [];
    const step: Task = async (ctx, name) => ctx.defer(() => void seen.push(`undo ${String(name)}`));
    const caller: Task = async (ctx) => {
      ctx.defer(() => void seen.push('undo caller'));
      await ctx.runTask({ step: 'kept' }, { inherit: true });
      await ctx.runTask({ step: 'own' });
      seen.push('caller goes on');
    };
    await bench({ step, caller }).run([{ caller: null }]);
    expect(seen).toEqual(['undo own', 'caller goes on', 'undo kept', 'undo caller']);
  });

  test('an undo can run tasks', async () => {
    const seen: string[] = [];
    const step: Task = async (_ctx, name) => void seen.push(String(name));
    const finally_: Task = async (ctx) => ctx.defer(() => ctx.runTasks([{ step: 'late' }]));
    await bench({ step, finally_ }).run([{ finally_: null }, { step: 'early' }]);
    expect(seen).toEqual(['early', 'late']);
  });

  test('the name of a top-level list runs it as sequential', async () => {
    const seen: string[] = [];
    const step: Task = async (_ctx, name) => void seen.push(String(name));
    const caller: Task = async (ctx) => ctx.runTask('prepare');
    const { run, lines } = bench({ step, caller }, { job: { prepare: [{ step: 'x' }] } });
    await run([{ caller: null }]);
    expect(seen).toEqual(['x']);
    expect(lines.join('\n')).toContain('In sequential, running task step...');
  });

  test('steps tell the nesting', async () => {
    const step: Task = async (ctx) => ctx.defer(() => {});
    const { run, steps } = bench({ step });
    await run([{ sequential: [{ step: null }] }]);
    const starts = steps.filter((event) => event.kind === 'start');
    expect(starts.map(({ task, phase, depth, parent }) => [task, phase, depth, parent])).toEqual([
      ['sequential', 'enter', 0, null],
      ['step', 'enter', 1, 1],
      ['step', 'exit', 1, 1],
    ]);
    expect(steps.filter((event) => event.kind === 'end')).toHaveLength(3);
  });
});

describe('a job that must stop', () => {
  test('ends the running task through its signal and unwinds under a fresh one', async () => {
    const seen: string[] = [];
    const waiting: Task = async (ctx) => {
      ctx.defer((failure) => void seen.push(`undo: ${failure?.message}, aborted ${ctx.signal.aborted}`));
      setImmediate(() => stop.stop(new JobStoppedError('killed', 'killed')));
      await sleep(60_000, undefined, { signal: ctx.signal });
    };
    const { run, stop } = bench({ waiting });
    const outcome = await run([{ waiting: null }, { waiting: null }]);
    expect(outcome.failure).not.toBeNull();
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatch(/aborted false$/);
  });

  test('leaves a task behind that does not end, after its own nested tasks had their time', async () => {
    const seen: string[] = [];
    const deaf: Task = async (ctx) => {
      ctx.defer(() => void seen.push('undo deaf'));
      stop.stop(new JobStoppedError('killed', 'killed'));
      await new Promise(() => {});
    };
    const outer: Task = async (ctx) => {
      ctx.defer(() => void seen.push('undo outer'));
      await ctx.runTasks([{ deaf: null }]);
    };
    const { run, stop } = bench({ deaf, outer }, { graceMs: 20 });
    const outcome = await run([{ outer: null }]);
    expect(seen).toEqual(['undo deaf', 'undo outer']);
    expect(outcome.failure?.message).toContain('deaf went on for 0.02 s after it was told to stop');
  });

  test('does nothing more once the lease is lost', async () => {
    const seen: string[] = [];
    const step: Task = async (ctx, name) => {
      ctx.defer(() => void seen.push('undo'));
      if (name === 'last') stop.stop(new JobStoppedError('lease-lost', 'lost'));
    };
    const { run, stop } = bench({ step });
    const outcome = await run([{ step: null }, { step: 'last' }]);
    expect(seen).toEqual([]);
    expect(outcome.unwinding.abandoned).toEqual(['step', 'step']);
  });

  test('gives up an undo that outlasts the budget, and names what was not undone', async () => {
    const seen: string[] = [];
    const first: Task = async (ctx) => ctx.defer(() => void seen.push('undo first'));
    const stuck: Task = async (ctx) => {
      ctx.defer(() => new Promise(() => {}));
      stop.stop(new JobStoppedError('killed', 'killed'));
    };
    const { run, stop, lines } = bench({ first, stuck }, { unwindMs: 30, graceMs: 10 });
    const outcome = await run([{ first: null }, { stuck: null }]);
    expect(seen).toEqual([]);
    expect(outcome.unwinding.abandoned).toEqual(['stuck', 'first']);
    expect(lines.at(-1)).toContain('Unwinding was cut short, not undone: stuck, first');
  });

  test('a member of a group is cancelled by its own signal while the job goes on', async () => {
    const seen: string[] = [];
    const slow: Task = async (ctx) => {
      ctx.defer(() => void seen.push(`undo slow, aborted ${ctx.signal.aborted}`));
      await sleep(60_000, undefined, { signal: ctx.signal });
    };
    const group: Task = async (ctx) => {
      const cancel = new AbortController();
      const member = ctx.runTask({ slow: null }, { signal: cancel.signal });
      cancel.abort(new Error('sibling'));
      await member.catch((error: unknown) => seen.push((error as Error).name));
    };
    const outcome = await bench({ slow, group }).run([{ group: null }]);
    expect(outcome.failure).toBeNull();
    expect(seen.at(-1)).toMatch(/Error$/);
  });
});
