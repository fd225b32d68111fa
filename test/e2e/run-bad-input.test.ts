import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loligo } from './run-command.ts';
import type { Ended } from './run-command.ts';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'loligo-run-'));
});
afterEach(() => rm(home, { recursive: true }));

/** Runs the job files, written as job0.yaml, job1.yaml, ... */
async function run(files: readonly string[], ...flags: string[]): Promise<Ended> {
  const paths = await Promise.all(
    files.map(async (content, index) => {
      await writeFile(join(home, `job${index}.yaml`), content);
      return `job${index}.yaml`;
    }),
  );
  return loligo(['run', ...paths, ...flags], { home });
}

const lastLines = (ended: Ended): string => ended.stderr.split('\n').slice(-12).join('\n');

describe('loligo run refuses, with a sentence and status 2, and leaves no archive:', () => {
  test.each([
    ['a YAML error, with its line', ['tasks:\n- exec: {a: [1]\n- nop:\n'], /job0\.yaml:\d/],
    ['tasks that are no list', ['tasks: exec\n'], /tasks/],
    ['a task that is no map', ['tasks:\n- nop\n'], /Invalid task definition/],
    ['a task with two keys', ['tasks:\n- {exec: null, nop: null}\n'], /Invalid task definition/],
    ['a kernel among the tasks', ['tasks:\n- kernel:\n'], /kernel/],
    ['a list merged with a map', ['tasks:\n- nop:\n', 'tasks: {nop: null}\n'], /tasks/],
    ['roles that are no lists', ['roles: [mon.a]\ntasks: []\n'], /roles/],
    [
      'more roles than targets',
      ['roles: [[a.0], [a.1]]\ntargets: {me@h1: null}\n'],
      /2 targets are needed for all roles but found 1 listed\./,
    ],
    [
      'roles without targets',
      ['roles: [[a.0]]\n'],
      /1 targets are needed for all roles but found 0 listed\./,
    ],
    ['a host key that is none', ['roles: [[a.0]]\ntargets: {me@h1: nonsense}\n'], /host key of 'me@h1'/],
  ])('%s', async (_what, files, sentence) => {
    const ended = await run(files, '--archive', 'arch');
    expect(ended.stderr).toMatch(sentence);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect(ended.code).toBe(2);
    expect(existsSync(join(home, 'arch'))).toBe(false);
  });

  test('files that do not exist', async () => {
    const ended = await loligo(['run', 'nowhere.yaml'], { home });
    expect(ended).toMatchObject({ code: 2, stderr: 'nowhere.yaml: no such file\n' });
  });

  test.each([
    ['--lock without a lab', ['--lock'], /--lock needs a lab/],
    ['--block without --lock', ['--block'], /needs --lock/],
  ])('%s', async (_what, flags, sentence) => {
    const ended = await run(['tasks: []\n'], ...flags);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(sentence);
  });

  test('an archive whose parent does not exist, or that is a file', async () => {
    const missing = await run(['tasks: []\n'], '-a', 'no/where');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/the archive \S+\/no\/where cannot be made: \S+\/no does not exist/);
    const file = await run(['tasks: []\n'], '-a', 'job0.yaml');
    expect(file.code).toBe(2);
    expect(file.stderr).toMatch(/job0\.yaml is a file, not a folder/);
    expect(await readFile(join(home, 'job0.yaml'), 'utf8')).toBe('tasks: []\n');
  });

  test('site settings that make no sense', async () => {
    await writeFile(join(home, '.loligo.yaml'), 'verify_host_keys: perhaps\n');
    const ended = await run(['tasks: []\n']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/\.loligo\.yaml:1: verify_host_keys must be true or false/);
  });
});

describe('loligo run fails the job, with its reason in the archive, for', () => {
  test('an unknown task: nothing is run before it', async () => {
    const ended = await run(['tasks:\n- print: first\n- exce: {}\n'], '-a', 'arch');
    expect(ended.code).toBe(1);
    expect(lastLines(ended)).toContain("did you mean 'exec'?");
    expect(ended.stderr).not.toContain('first');
    expect(await readFile(join(home, 'arch/summary.yaml'), 'utf8')).toMatch(
      /failure_reason: 'tasks\[1\]: unknown task ''exce''/,
    );
    expect(await readFile(join(home, 'arch/teuthology.log'), 'utf8')).toMatch(/:FAIL\n$/);
  });

  test('a host that cannot be reached: the job is dead', async () => {
    const job = 'roles: [[a.0]]\ntargets: {me@h1: {address: 127.0.0.1, port: 1}}\ntasks: [nop: ]\n';
    const ended = await run([job], '-a', 'arch', '--connect-attempts', '1');
    expect(ended.code).toBe(3);
    expect(await readFile(join(home, 'arch/summary.yaml'), 'utf8')).toMatch(/status: dead/);
    expect(ended.stderr).toMatch(/:DEAD\n$/);
    expect(ended.stderr).toContain('h1');
  });
});

describe('loligo run', () => {
  test('reads a job from standard input and merges it over files', async () => {
    await writeFile(join(home, 'base.yaml'), 'tasks:\n- print: from the file\n');
    const ended = await loligo(['run', 'base.yaml', '-'], { home, input: 'tasks:\n- print: from stdin\n' });
    expect(ended.code).toBe(0);
    expect(ended.stderr.indexOf('from the file')).toBeGreaterThan(0);
    expect(ended.stderr.indexOf('from stdin')).toBeGreaterThan(ended.stderr.indexOf('from the file'));
    expect(ended.stderr).toMatch(/INFO:teuthology\.run:pass\n$/);
  });

  test('shows debug lines with -v only', async () => {
    expect((await run(['tasks: []\n'])).stderr).not.toContain('DEBUG:');
    expect((await run(['tasks: []\n'], '-v')).stderr).toContain('DEBUG:teuthology.run:Config:');
  });

  test('prints its version and its help', async () => {
    expect((await loligo(['run', '--version'], { home })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await loligo(['run', '--help'], { home })).stdout).toContain('--suite-path');
  });

  test('runs tasks of the suite, and finds them by --suite-path', async () => {
    await mkdir(join(home, 'qa/tasks'), { recursive: true });
    await writeFile(
      join(home, 'qa/tasks/greet.ts'),
      'export const task = async (ctx: { log: { info(line: string): void } }, name: string): Promise<void> => ctx.log.info(`hello ${name}`);\n',
    );
    const ended = await run(['tasks:\n- greet: squid\n'], '--suite-path', 'qa');
    expect(ended.stderr).toContain('INFO:tasks.greet:hello squid');
    expect(ended.code).toBe(0);
  });

  test('goes on where interactive finds no terminal', async () => {
    const ended = await run(['tasks:\n- interactive:\n'], '--interactive-on-error');
    expect(ended.stderr).toContain('no terminal is attached, going on');
    expect(ended.code).toBe(0);
  });
});
