import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lintRules } from '../core/suites/lint/rules.ts';
import { describeWith, sharedFolder } from '../test/requirements.ts';

const main = new URL('../bin/loligo.js', import.meta.url).pathname;
const house = fileURLToPath(new URL('..', import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-lint-'));
  const write = (path: string, content: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  write('suites/good/a.yaml', 'tasks:\n- nop:\n');
  write('suites/bad/a.yaml', 'tasks:\n- nop:\n- pexce:\n');
  write('suites/odd/a.yaml', 'override: {}\n');
  write('suites/odd/b.yaml', 'tasks:\n- theirs:\n');
  write('tasks/theirs.py', '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function lint(...words: string[]) {
  const child = spawn(process.execPath, [main, 'lint', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const [exitCode] = (await once(child, 'exit')) as [number];
  return { exitCode, stdout: await stdout, stderr: await stderr };
}

describe('loligo lint', () => {
  test('exits with 1 for errors and tells them by file and line', async () => {
    expect(await lint(folder)).toEqual({
      exitCode: 1,
      stderr: '',
      stdout:
        "suites/bad/a.yaml:3: error unknown-task: there is no task 'pexce'; did you mean 'pexec'?\n\n" +
        "suites/odd/a.yaml:1: warning unknown-key: nothing reads the key 'override', did you mean 'overrides'?\n\n" +
        '1 error, 1 warning, 0 notes in 3 suites (4 files, 4 jobs looked at)\n',
    });
  });

  test('exits with 0 when there are only warnings, or none', async () => {
    expect(await lint(folder, '--suite', 'odd')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('1 warning'),
    });
    expect(await lint(folder, '--suite', 'good')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^0 errors, 0 warnings/),
    });
  });

  test('takes a folder that is one suite, and the folder of all', async () => {
    const { exitCode, stdout } = await lint(join(folder, 'suites/bad'));
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^a\.yaml:3: error unknown-task/),
    });
    expect(await lint(join(folder, 'suites/odd'), '--rule', 'python-task', 'unknown-task')).toMatchObject({
      stdout: expect.stringMatching(/^b\.yaml:2: note python-task/),
    });
    const alone = join(folder, 'alone');
    cpSync(join(folder, 'suites/bad'), alone, { recursive: true });
    expect((await lint(alone)).stdout).toMatch(/^a\.yaml:3: error unknown-task/);
    rmSync(alone, { recursive: true });
    expect((await lint(join(folder, 'suites'))).stdout).toContain('suites/bad/a.yaml:3: error');
  });

  test('runs the rules that are asked for', async () => {
    expect((await lint(folder, '--ignore', 'unknown-task,unknown-key')).stdout).toMatch(
      /^0 errors, 0 warnings/,
    );
    expect((await lint(folder, '--rule', 'python-task', 'unknown-key')).stdout).toContain(
      '0 errors, 1 warning, 1 note',
    );
  });

  test('prints JSON and SARIF', async () => {
    const json = JSON.parse((await lint(folder, '--format', 'json')).stdout) as { findings: unknown[] };
    expect(json).toMatchObject({ version: 1, summary: { errors: 1, warnings: 1, notes: 0 } });
    expect(json.findings).toHaveLength(2);
    const sarif = JSON.parse((await lint(folder, '--format', 'sarif')).stdout) as {
      runs: { results: unknown[] }[];
    };
    expect(sarif.runs[0]?.results).toHaveLength(2);
  });

  test.each([
    ['no folder', ['/nowhere'], 'no such folder'],
    ['no such suite', ['FOLDER', '--suite', 'none'], "no suite 'none'"],
    ['a suite outside', ['FOLDER', '--suite', '../suites'], "no suite '../suites'"],
    ['no such rule', ['FOLDER', '--rule', 'nothing'], "There is no rule 'nothing'"],
    ['no subset', ['FOLDER', '--subset', '2/2'], 'M counts from 0'],
    ['no such format', ['FOLDER', '--format', 'xml'], 'xml'],
    ['no arguments', [], 'missing required argument'],
  ])('exits with 2 for a wrong call: %s', async (_, words, sentence) => {
    const { exitCode, stdout, stderr } = await lint(...words.map((word) => word.replace('FOLDER', folder)));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });

  test('finds nothing in the suites that ship', async () => {
    expect(await lint(join(house, 'suites'), '--suite', ...readdirSync(join(house, 'suites')))).toMatchObject(
      {
        exitCode: 0,
        stdout: expect.stringMatching(/^0 errors, 0 warnings, 0 notes in \d+ suites/),
      },
    );
  });

  test('has a section in its page for every rule', () => {
    const sections = [
      ...readFileSync(join(house, 'docs/lint.md'), 'utf8').matchAll(/^### `([\w-]+)` \((\w+)/gm),
    ];
    expect(sections.map(([, id, severity]) => `${id} ${severity}`)).toEqual(
      lintRules.map(({ id, severity }) => `${id} ${severity}`),
    );
  });
});

/** The symbolic links in a folder, none of them followed. */
function linksBelow(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const below = join(path, entry.name);
    if (entry.isSymbolicLink()) return [below];
    return entry.isDirectory() ? linksBelow(below) : [];
  });
}

describeWith(['shared'], 'loligo lint on the suites of Ceph', () => {
  let suites: string;
  beforeAll(() => {
    suites = mkdtempSync(join(tmpdir(), 'loligo-lint-qa-'));
    execFileSync('tar', ['xzf', join(sharedFolder, 'ceph-qa-suite.tar.gz'), '-C', suites]);
  });
  afterAll(() => rmSync(suites, { recursive: true, force: true }));

  interface Json {
    findings: {
      rule: string;
      file: string;
      line: number | null;
      sentence: string;
      related: { line: number | null }[];
    }[];
    suites: { jobs: string }[];
  }
  async function findings(...words: string[]): Promise<Json> {
    return JSON.parse((await lint(suites, '--format', 'json', ...words)).stdout) as Json;
  }

  test('tells what is known to be wrong with them', async () => {
    const { findings: all, suites: linted } = await findings();
    const of = (rule: string) => all.filter((finding) => finding.rule === rule);
    expect(of('duplicate-key')).toMatchObject([
      {
        file: 'suites/smoke/basic/tasks/rgw_ec_s3tests.yaml',
        line: 1,
        sentence: expect.stringContaining('overrides.rgw.ec-data-pool: true'),
        related: [{ line: 14 }],
      },
    ]);
    expect(of('bad-divisor')).toMatchObject([{ file: 'suites/tgt/basic/%' }]);
    expect(of('yaml-syntax')).toMatchObject([{ file: 'timezone/random.yaml', line: 5 }]);
    expect(of('unknown-key').map(({ file }) => file)).toEqual([
      'suites/fs/basic/tasks/mds_creation_retry.yaml',
      'suites/rados/thrash/workloads/pool-snaps-few-objects.yaml',
    ]);
    expect(of('missing-role').map(({ file }) => file.split('/')[1])).toEqual(Array(8).fill('mixed-clients'));
    const told = new Set([
      'duplicate-key',
      'bad-divisor',
      'yaml-syntax',
      'unknown-key',
      'missing-role',
      'unknown-task',
    ]);
    expect(all.filter(({ rule }) => !told.has(rule))).toEqual([]);
    expect(linted.reduce((sum, { jobs }) => sum + Number(jobs), 0)).toBe(17_323);
  });

  test('finds that every link leads somewhere, until one is broken', async () => {
    const links = linksBelow(join(suites, 'suites'));
    expect(links).toHaveLength(302);
    expect((await findings('--rule', 'broken-link')).findings).toEqual([]);
    const copy = mkdtempSync(join(tmpdir(), 'loligo-lint-cut-'));
    try {
      cpSync(join(suites, 'suites/rbd'), join(copy, 'suites/rbd'), {
        recursive: true,
        verbatimSymlinks: true,
      });
      const { stdout, exitCode } = await lint(copy, '--rule', 'broken-link');
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^suites\/rbd\/.*: error broken-link: is a link that leads nowhere/);
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  test('tells what a subset of rados leaves over', async () => {
    const { findings: all } = await findings(
      '--suite',
      'rados',
      '--rule',
      'subset-leftover',
      '--subset',
      '0/7',
    );
    expect(all).toMatchObject([
      { sentence: '2 of 15185 jobs belong to no part: 7 parts of 2169 leave the last ones out' },
    ]);
  });
});
