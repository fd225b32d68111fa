import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bindRoles, parseTargets } from '../../core/config/targets.ts';
import { toPlain } from '../../core/config/yaml-value.ts';
import { readJobFiles, readJobText } from './job-files.ts';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import type { ReadJob } from './job-files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loligo-jobs-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function read(paths: readonly string[], stdin = ''): Promise<ReadJob> {
  return await readJobFiles(paths, { stdin: Readable.from([stdin]) });
}

describe('reading the files of a job', () => {
  test('merges them in order, standard input among them', async () => {
    const first = await file('a.yaml', 'tasks:\n- install:\nos_type: ubuntu\n');
    const last = await file('b.yaml', 'tasks:\n- ceph:\n');
    const { config, warnings } = await read([first, '-', last], 'os_type: centos\ntasks: [{print: hello}]\n');
    expect(toPlain(config)).toEqual({
      tasks: [{ install: null }, { print: 'hello' }, { ceph: null }],
      os_type: 'centos',
    });
    expect(warnings).toEqual([]);
  });

  test('leaves out what does not exist, and says so', async () => {
    const present = await file('a.yaml', 'tasks: []\n');
    const { warnings } = await read([join(folder, 'missing.yaml'), present]);
    expect(warnings).toEqual([`${join(folder, 'missing.yaml')}: no such file, left out`]);
  });

  test('fails when none of them exists', async () => {
    const missing = join(folder, 'missing.yaml');
    await expect(read([missing])).rejects.toThrow(`${missing}: no such file`);
  });

  test('fails for a folder, and for what is not text', async () => {
    await expect(read([folder])).rejects.toThrow(`${folder}: is a folder, not a job file`);
    const binary = await file('b.yaml', Uint8Array.of(0xff, 0xfe, 0x00));
    await expect(read([binary])).rejects.toThrow(`${binary}: is not UTF-8 text`);
  });

  test('names file and line of broken YAML', async () => {
    const broken = await file('a.yaml', 'tasks:\n- install:\n - ceph:\n');
    await expect(read([broken])).rejects.toThrow(`${broken}:3:2: `);
  });

  test('names file and line of every problem, in the order of the files', async () => {
    const first = await file('a.yaml', 'tasks:\n- install:\n  branch: x\npriority: high\n');
    const second = await file('b.yaml', '# more\ntasks:\n- ceph:\n\n- 3\nroles: [[mon.a, 1]]\n');
    await expect(read([first, second])).rejects.toThrow(
      [
        `${first}:2: tasks[0]: Invalid task definition: {"install":null,"branch":"x"} is a map of several keys; indent the configuration below its task`,
        `${first}:4: priority: must be a whole number, found 'high'`,
        `${second}:5: tasks[1]: Invalid task definition: 3 is not a map of one task name`,
        `${second}:6: roles[0][1]: a role must be text, found 1`,
      ].join('\n'),
    );
  });

  test('names the line that cannot be merged', async () => {
    const first = await file('a.yaml', 'overrides: [x]\n');
    const second = await file('b.yaml', 'tasks: []\noverrides:\n  ceph: {}\n');
    await expect(read([first, second])).rejects.toThrow(`${second}:2: overrides: cannot merge`);
  });

  test('gives warnings their lines too', async () => {
    const path = await file('a.yaml', 'tasks:\n- install:\noverride:\n  ceph: {}\n');
    expect((await read([path])).warnings).toEqual([
      `${path}:3: override: nothing reads the key 'override', did you mean 'overrides'?`,
    ]);
  });
});

describe('the types of keys', () => {
  test.each([
    ['sleep_before_teardown: soon', "sleep_before_teardown: must be a number, found 'soon'"],
    ['sleep_before_teardown: -1', 'sleep_before_teardown: must not be negative, found -1'],
    ['unlock_on_failure: maybe', "unlock_on_failure: must be true or false, found 'maybe'"],
    ['openstack: {machine: {cpus: 1}}', 'openstack: must be a list of hints, found {"machine":{"cpus":1}}'],
    ['openstack: [{machine: {cpus: many}}]', "openstack[0].machine.cpus: must be a number, found 'many'"],
    ['overrides: [ceph]', 'overrides: must be a map, found ["ceph"]'],
    ['name: [a]', 'name: must be text, found ["a"]'],
    ['priority: 1.5', 'priority: must be a whole number, found 1.5'],
  ])('%s', (line, sentence) => {
    expect(() => readJobText(`tasks: []\n${line}\n`, 'x.yaml')).toThrow(`x.yaml:2: ${sentence}`);
  });

  test('a commit that looks like a number is text', () => {
    expect(readJobText('tasks: []\nsha1: 12345678\n').warnings).toEqual([]);
  });
});

test('the three-node example of the documentation parses and binds', async () => {
  const example = fileURLToPath(new URL('../../test/fixtures/three-node.yaml', import.meta.url));
  const { config, warnings } = await read([example]);
  const { roles, targets, tasks } = toPlain(config) as {
    roles: string[][];
    targets: Record<string, string>;
    tasks: PlainValue[];
  };
  expect(warnings).toEqual([]);
  expect(
    bindRoles(roles, parseTargets(targets)).map((bound) => [bound.target.shortname, bound.roles]),
  ).toEqual([
    ['host07', ['mon.0', 'mds.0', 'osd.0']],
    ['host08', ['mon.1', 'osd.1']],
    ['host09', ['mon.2', 'client.0']],
  ]);
  expect(tasks).toEqual([
    { install: null },
    { ceph: null },
    { 'ceph-fuse': ['client.0'] },
    { interactive: null },
  ]);
});
