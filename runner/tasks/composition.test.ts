import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { BenchResult, JobBench } from '../../test/fixtures/job-bench.ts';
import type { Task } from '../engine/task.ts';

let bench: JobBench;
beforeAll(async () => {
  bench = await startJobBench(0);
});
afterAll(() => bench.stop());

let seen: string[] = [];
beforeEach(() => {
  seen = [];
});

/** Notes when it is entered and undone, as `+name` and `-name`. */
const step: Task = async (ctx, name) => {
  seen.push(`+${String(name)}`);
  ctx.defer(() => void seen.push(`-${String(name)}`));
};

const fail: Task = async (_ctx, message) => {
  throw new Error(String(message));
};

/** Waits until it is told to stop, and takes its time then. */
const hang: Task = async (ctx, name) => {
  seen.push(`+${String(name)}`);
  const { promise, resolve } = Promise.withResolvers<void>();
  ctx.signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  await sleep(200);
  seen.push(`stopped ${String(name)}`);
  ctx.signal.throwIfAborted();
};

/** Runs a job without hosts. */
function run(tasks: string): Promise<BenchResult> {
  return bench.run(`ceph_cm_ansible: false\n${tasks}`, { tasks: { step, fail, hang } });
}

function linesWith(result: BenchResult, part: string): string[] {
  return result.lines.filter((line) => line.includes(part));
}

describe('sequential', () => {
  test('unwinds all of its tasks when the last is done', async () => {
    const result = await run('tasks: [{sequential: [{step: a}, {step: b}]}, {step: c}]');
    expect(seen).toEqual(['+a', '+b', '-b', '-a', '+c', '-c']);
    expect(linesWith(result, 'In sequential')).toEqual([
      'INFO:teuthology.task.sequential:In sequential, running task step...',
      'INFO:teuthology.task.sequential:In sequential, running task step...',
    ]);
  });

  test('unwinds what it had entered when one fails', async () => {
    const { failureReason } = await run('tasks: [{sequential: [{step: a}, {fail: broken}, {step: b}]}]');
    expect([failureReason, seen]).toEqual(['broken', ['+a', '-a']]);
  });

  test('takes a name from the top level of the job, for a list and for a single task', async () => {
    await run(
      'more: [{step: a}, {step: b}]\none: {full_sequential: [{step: c}]}\ntasks: [{sequential: [more, one, {step: d}]}]',
    );
    expect(seen).toEqual(['+a', '+b', '-b', '-a', '+c', '-c', '+d', '-d']);
  });

  test.each([
    ['[nowhere]', "'nowhere' has no configuration and is not the name of a top-level list"],
    ['[[{step: a}]]', 'is not a map with one key'],
    ['[{step: a, other: b}]', 'is not a map with one key'],
    ['{step: a}', 'sequential: its config must be a list of tasks, not the map {"step":"a"}'],
  ])('refuses %s', async (list, sentence) => {
    const { status, failureReason } = await run(`tasks: [{sequential: ${list}}]`);
    expect(status).toBe('fail');
    expect(failureReason).toContain(sentence);
  });
});

describe('full_sequential', () => {
  test('unwinds each task before the next', async () => {
    const result = await run('tasks: [{full_sequential: [{step: a}, {step: b}]}]');
    expect(seen).toEqual(['+a', '-a', '+b', '-b']);
    expect(linesWith(result, 'In full_sequential, running task step...')).toHaveLength(2);
  });

  test('stops at the first that fails', async () => {
    const { failureReason } = await run('tasks: [{full_sequential: [{fail: broken}, {step: a}]}]');
    expect([failureReason, seen]).toEqual(['broken', []]);
  });
});

describe('full_sequential_finally', () => {
  test('runs its list between the undos of what is below it and of what is above it', async () => {
    await run('tasks: [{step: above}, {full_sequential_finally: [{step: a}, {step: b}]}, {step: below}]');
    expect(seen).toEqual(['+above', '+below', '-below', '+a', '-a', '+b', '-b', '-above']);
  });

  test('runs also after a failure, which stays the reason', async () => {
    const tasks = 'tasks: [{full_sequential_finally: [{step: a}, {fail: later}]}, {fail: first}]';
    const { failureReason } = await run(tasks);
    expect([failureReason, seen]).toEqual(['first', ['+a', '-a']]);
  });

  test('fails the job when only its own list fails', async () => {
    const { status, failureReason } = await run('tasks: [{full_sequential_finally: [{fail: late}]}]');
    expect([status, failureReason]).toEqual(['fail', 'late']);
  });
});

describe('parallel', () => {
  test('runs its members at once and unwinds each on its own', async () => {
    const meet =
      (mine: string, other: string): Task =>
      async (ctx) => {
        seen.push(mine);
        while (!seen.includes(other)) await sleep(10);
        ctx.defer(() => void seen.push(`-${mine}`));
      };
    const job = 'ceph_cm_ansible: false\ntasks: [{parallel: [{left: null}, {right: null}]}, {step: after}]';
    const result = await bench.run(job, {
      tasks: { step, left: meet('left', 'right'), right: meet('right', 'left') },
    });
    expect(result.failureReason).toBe(null);
    expect(seen.slice(0, 4).sort()).toEqual(['-left', '-right', 'left', 'right']);
    expect(seen.slice(4)).toEqual(['+after', '-after']);
    expect(linesWith(result, 'starting parallel...')).toHaveLength(1);
    expect(linesWith(result, 'In parallel, running task left...')).toHaveLength(1);
  });

  test('tells the others to stop when one fails, and waits for them', async () => {
    const { failureReason } = await run(
      'tasks: [{parallel: [{sequential: [{step: a}, {hang: b}]}, {fail: broken}]}, {step: never}]',
    );
    expect(failureReason).toBe('broken');
    expect(seen).toEqual(['+a', '+b', 'stopped b', '-a']);
  });

  test('takes a list from the top level of the job as a sequence', async () => {
    const result = await run('more: [{step: a}, {step: b}]\ntasks: [{parallel: [more]}]');
    expect(seen).toEqual(['+a', '+b', '-b', '-a']);
    expect(linesWith(result, 'In parallel, running task sequential...')).toHaveLength(1);
  });
});

describe('loop', () => {
  test('runs its body as often as asked, unwinding after each round', async () => {
    await run('tasks: [{loop: {count: 2, body: [{step: a}, {step: b}]}}]');
    expect(seen).toEqual(['+a', '+b', '-b', '-a', '+a', '+b', '-b', '-a']);
  });

  test('runs once unless told otherwise, and not at all for 0', async () => {
    await run('tasks: [{loop: {body: [{step: a}]}}, {loop: {count: 0, body: [{step: b}]}}]');
    expect(seen).toEqual(['+a', '-a']);
  });

  test('ends with the first round that fails', async () => {
    const { failureReason } = await run('tasks: [{loop: {count: 3, body: [{step: a}, {fail: broken}]}}]');
    expect([failureReason, seen]).toEqual(['broken', ['+a', '-a']]);
  });
});

describe('small tasks', () => {
  test('print writes a string as it is and anything else as JSON', async () => {
    const result = await run('tasks: [{print: "**** done"}, {print: {a: [1]}}, {print: null}]');
    expect(linesWith(result, 'teuthology.task.print:')).toEqual([
      'INFO:teuthology.task.print:**** done',
      'INFO:teuthology.task.print:{"a":[1]}',
      'INFO:teuthology.task.print:null',
    ]);
  });

  test('timer adds what it measured to the summary, one pair a round', async () => {
    const { summary } = await run('tasks: [{loop: {count: 2, body: [{timer: round}, {sleep: 0.1}]}}]');
    const pair = [expect.stringMatching(/^\d{4}-.*Z$/), expect.stringMatching(/^00:00:0\d\.\d{6}$/)];
    expect(summary['timer']).toEqual({ round: [pair, pair] });
  });

  test('sleep ends as soon as the job is stopped', async () => {
    const stop = new AbortController();
    const stopper: Task = async () => void setTimeout(() => stop.abort(new Error('enough')), 100);
    const { status } = await bench.run(
      'ceph_cm_ansible: false\ntasks: [{stopper: null}, {sleep: 100000}, {step: never}]',
      {
        tasks: { step, stopper },
        signal: stop.signal,
      },
    );
    expect(status).toBe('dead');
    expect(seen).toEqual([]);
  });

  test.each([
    ['{sleep: {duration: soon}}', `sleep: 'duration' must be a number of seconds, not "soon"`],
    ['{sleep: {seconds: 5}}', "sleep: there is no key 'seconds' in its config; the keys are duration"],
    ['{timer: {a: b}}', 'timer: its config must be a label for the summary, not the map {"a":"b"}'],
    ['{loop: {count: -1}}', "loop: 'count' must be a whole number that is not negative, not -1"],
  ])('%s is refused', async (task, sentence) => {
    expect((await run(`tasks: [${task}]`)).failureReason).toBe(sentence);
  });

  test('interactive goes on at once where nobody sits', async () => {
    const result = await run('tasks: [{interactive: null}, {step: a}]');
    expect(seen).toEqual(['+a', '-a']);
    expect(linesWith(result, 'no terminal is attached, going on')).toHaveLength(1);
  });

  test('dump_ctx shows the job and its own config', async () => {
    const result = await run('marker: 4711\ntasks: [{dump_ctx: {own: config}}, {nop: null}]');
    expect(linesWith(result, 'marker: 4711').length).toBeGreaterThan(0);
    expect(
      linesWith(result, "config: { own: 'config' }").length + linesWith(result, "own: 'config'").length,
    ).toBeGreaterThan(0);
  });
});
