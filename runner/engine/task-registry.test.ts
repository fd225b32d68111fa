import { builtInTasks } from '../tasks/built-in.ts';
import { originalTasks } from './original-tasks.ts';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import { checkTasks } from './check-tasks.ts';
import type { TaskCheckError } from './check-tasks.ts';
import { createTaskRegistry, TaskLoadError, UnknownTaskError } from './task-registry.ts';
import type { TaskRegistry } from './task-registry.ts';

let suitePath = '';
let tasks: TaskRegistry;

beforeAll(async () => {
  suitePath = await mkdtemp(join(tmpdir(), 'loligo-suite-'));
  const inSuite = join(suitePath, 'suites', 'rados', 'basic', 'tasks');
  await mkdir(join(suitePath, 'tasks'));
  await mkdir(inSuite, { recursive: true });
  await writeFile(
    join(suitePath, 'tasks', 'greet.ts'),
    'export const task = async (ctx: unknown): Promise<void> => { void ctx; };\nexport async function again() {}\n',
  );
  await writeFile(
    join(suitePath, 'tasks', 'broken.mjs'),
    "import './not-there.mjs';\nexport const task = async () => {};\n",
  );
  await writeFile(join(suitePath, 'tasks', 'rados_bench.py'), 'def task(ctx, config): pass\n');
  await writeFile(join(inSuite, 'local.js'), 'export async function task() {}\n');
  await writeFile(
    join(suitePath, 'tasks', 'exec.ts'),
    'throw new Error("never loaded: exec is built in");\n',
  );
  tasks = createTaskRegistry({
    builtIn: {
      exec: async () => ({ task: async () => {} }),
      install: async () => ({ task: async () => {}, upgrade: async () => {} }),
      sequential: async () => ({ task: async () => {} }),
      loop: async () => ({ task: async () => {} }),
      cursed: async () => {
        throw new Error("Cannot find package 'left-pad'");
      },
    },
    suitePath,
    suite: 'rados:basic',
  });
});
afterAll(() => rm(suitePath, { recursive: true }));

const messageOf = (name: string): Promise<string> =>
  tasks.resolve(name).then(
    () => 'found',
    (error: unknown) => (error as Error).message,
  );

describe('finding a task', () => {
  test('built-in tasks come before tasks of the suite', async () => {
    expect(await tasks.resolve('exec')).toMatchObject({ name: 'exec', logger: 'teuthology.task.exec' });
  });

  test('a.b is what module a exports as b', async () => {
    expect(await tasks.resolve('install.upgrade')).toMatchObject({ logger: 'teuthology.task.install' });
    expect(await tasks.resolve('greet.again')).toMatchObject({ logger: 'tasks.greet' });
  });

  test('tasks lie at the root of the suites and beside the suite', async () => {
    expect((await tasks.resolve('greet')).logger).toBe('tasks.greet');
    expect((await tasks.resolve('local')).logger).toBe('tasks.local');
  });

  test('an unknown name gets a sentence with what comes near', async () => {
    await expect(tasks.resolve('instal')).rejects.toBeInstanceOf(UnknownTaskError);
    expect(await messageOf('instal')).toContain("did you mean 'install'?");
    expect(await messageOf('gret')).toContain("did you mean 'greet'?");
    expect(await messageOf('zzzzzz')).not.toContain('did you mean');
  });

  test('a task that exists only in Python says so', async () => {
    expect(await messageOf('rados-bench')).toContain('rados_bench.py is Python');
  });

  test('a task of the original that is not here says what is', async () => {
    expect(await messageOf('s3tests')).toBe(
      "there is no task 's3tests': the task 's3' checks a gateway with a real S3 client",
    );
    expect(originalTasks.filter((name) => Object.hasOwn(builtInTasks, name))).toEqual([]);
  });

  test('a module that cannot be loaded is not taken for one that is missing', async () => {
    await expect(tasks.resolve('broken')).rejects.toBeInstanceOf(TaskLoadError);
    expect(await messageOf('broken')).toContain('not-there.mjs');
    expect(await messageOf('cursed')).toContain('left-pad');
  });

  test('an unknown sub-task names those that exist', async () => {
    expect(await messageOf('install.downgrade')).toBe(
      "No subtask of 'install' named 'downgrade' was found in the built-in module (it has: task, upgrade)",
    );
  });

  test.each(['a.b.c', '../../etc/passwd', '', 'constructor.prototype', 'toString'])(
    "'%s' finds nothing",
    async (name) => {
      await expect(tasks.resolve(name)).rejects.toBeInstanceOf(UnknownTaskError);
    },
  );
});

describe('checking all tasks of a job', () => {
  const problems = (entries: PlainValue[], job = {}): Promise<readonly string[]> =>
    checkTasks({ lists: [{ path: 'tasks', entries }], job, tasks }).then(
      () => [],
      (error: unknown) => (error as TaskCheckError).problems,
    );

  test('accepts a job whose tasks all exist', async () => {
    expect(
      await problems([{ exec: null }, { sequential: [{ greet: null }, 'list'] }], { list: [{ exec: 1 }] }),
    ).toEqual([]);
  });

  test('finds unknown tasks in nested and in named lists, and says where', async () => {
    const found = await problems(
      [
        { exec: null },
        { sequential: [{ exec: null }, { loop: { count: 2, body: [{ exce: null }] } }] },
        { sequential: ['more'] },
      ],
      { more: [{ nope: null }] },
    );
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'tasks[1].sequential[1].loop[0]',
      'tasks[2].sequential[0].sequential[0]',
    ]);
    expect(found[0]).toContain("did you mean 'exec'?");
  });

  test('finds entries that are no task and lists that contain themselves', async () => {
    const found = await problems([{ exec: 1, install: 2 }, { sequential: ['me', 'nothing'] }], {
      me: ['me'],
    });
    expect(found).toHaveLength(3);
    expect(found[0]).toContain('is not a map with one key');
    expect(found[1]).toContain("'me' contains itself");
    expect(found[2]).toContain("did you mean 'nothing:'?");
  });
});
