import { describe, expect, test } from 'vitest';
import { loadJob } from './job-config.ts';
import { JobConfigError, describeProblem } from './job-problem.ts';
import { fromPlain, toPlain, YamlFloat } from './yaml-value.ts';
import type { CheckedJob } from './job-config.ts';

function load(...documents: unknown[]): CheckedJob {
  return loadJob(documents.map((value, index) => ({ file: `${index + 1}.yaml`, value: fromPlain(value) })));
}

function problemsOf(...documents: unknown[]): string[] {
  try {
    load(...documents);
  } catch (error) {
    if (error instanceof JobConfigError) return error.problems.map(describeProblem);
    throw error;
  }
  return [];
}

function warningsOf(...documents: unknown[]): string[] {
  return load(...documents).warnings.map(describeProblem);
}

describe('merging the documents of a job', () => {
  test('goes from left to right, and empty documents add nothing', () => {
    const { config } = load({ tasks: [{ a: null }], os_type: 'ubuntu' }, null, {
      tasks: [{ b: null }],
      os_type: 'centos',
    });
    expect(toPlain(config)).toEqual({ tasks: [{ a: null }, { b: null }], os_type: 'centos' });
  });

  test('makes job_id text and tasks a list', () => {
    expect(toPlain(load({ job_id: 42 }).config)).toEqual({ job_id: '42', tasks: [] });
  });

  test('names the file that cannot be merged, with both values', () => {
    expect(problemsOf({ overrides: { ceph: ['a'] } }, { overrides: { ceph: 1 } })).toEqual([
      "2.yaml: overrides.ceph: cannot merge the value 1 into a list of 1 at 'overrides.ceph'",
    ]);
  });

  test('names the file that is no map', () => {
    expect(problemsOf({}, ['tasks'])).toEqual(['2.yaml: a job must be a map of keys, not a list']);
    expect(problemsOf('tasks')).toEqual(["1.yaml: a job must be a map of keys, not 'tasks'"]);
  });
});

describe('checking tasks', () => {
  test('warns when there are none', () => {
    expect(warningsOf({})).toEqual(['the job has no tasks']);
    expect(warningsOf({ tasks: null })).toEqual(['the job has no tasks']);
  });

  test('wants a list', () => {
    expect(problemsOf({ tasks: { install: null } })).toEqual([
      '1.yaml: tasks: tasks must be a list, found {"install":null}',
    ]);
  });

  test('wants maps of one key, and names the place in the file that has it', () => {
    expect(
      problemsOf(
        { tasks: [{ a: null }] },
        { tasks: [{ b: null }, { install: null, branch: 'x' }, 'ceph', 7, {}] },
      ),
    ).toEqual([
      '2.yaml: tasks[1]: Invalid task definition: {"install":null,"branch":"x"} is a map of several keys; indent the configuration below its task',
      "2.yaml: tasks[2]: Invalid task definition: 'ceph' has no colon; did you mean 'ceph:'?",
      '2.yaml: tasks[3]: Invalid task definition: 7 is not a map of one task name',
      '2.yaml: tasks[4]: Invalid task definition: {} is not a map of one task name',
    ]);
  });

  test('looks into nested lists', () => {
    const tasks = [{ parallel: [{ sequential: [{ x: 1, y: 2 }] }] }, { loop: { count: 2, body: ['z'] } }];
    expect(problemsOf({ tasks }).map((line) => line.split(': Invalid')[0])).toEqual([
      '1.yaml: tasks[0].parallel[0].sequential[0]',
      '1.yaml: tasks[1].loop.body[0]',
    ]);
  });

  test('accepts the names of top-level lists', () => {
    expect(
      warningsOf({
        tasks: [{ parallel: ['workload', 'upgrade'] }],
        workload: [],
        upgrade: { sequential: [] },
      }),
    ).toEqual([]);
  });

  test('wants kernel at the top level', () => {
    expect(problemsOf({ tasks: [{ install: null }, { kernel: null }] })).toEqual([
      '1.yaml: tasks[1]: kernel installation should be a top-level key, not a task',
    ]);
  });
});

describe('checking roles and targets', () => {
  test('wants a list of lists of texts', () => {
    expect(problemsOf({ tasks: [], roles: 'mon.a' })).toEqual([
      "1.yaml: roles: roles must be a list of lists, found 'mon.a'",
    ]);
    expect(problemsOf({ tasks: [], roles: ['mon.a', ['osd.0', 1]] })).toEqual([
      "1.yaml: roles[0]: each entry of roles must be the list of one host, found 'mon.a'",
      '1.yaml: roles[1][1]: a role must be text, found 1',
    ]);
  });

  test('warns about a role that two hosts have', () => {
    expect(warningsOf({ tasks: [], roles: [['client.0'], ['client.0']] })).toEqual([
      "1.yaml: roles[1][0]: role 'client.0' is listed twice; tasks that need one host for it will fail",
    ]);
  });

  test('wants a target for each host', () => {
    expect(problemsOf({ tasks: [], roles: [['a.0'], ['a.1']] }, { targets: { 'ubuntu@h': null } })).toEqual([
      '2.yaml: targets: 2 targets are needed for all roles but found 1 listed.',
    ]);
    expect(problemsOf({ tasks: [], roles: [['a.0']], targets: { h: null, i: null } })).toEqual([]);
  });

  test('names a target that cannot be', () => {
    expect(problemsOf({ tasks: [], targets: { 'ubuntu@h': 'x' } })).toEqual([
      `1.yaml: targets.ubuntu@h: the host key of 'ubuntu@h' must be "<key type> <base64>", found "x"`,
    ]);
  });
});

describe('looking for slips', () => {
  test('suggests the key that was meant', () => {
    expect(warningsOf({ tasks: [], override: {}, 'unlock-on-failure': true, taks: [] })).toEqual([
      "1.yaml: override: nothing reads the key 'override', did you mean 'overrides'?",
      "1.yaml: unlock-on-failure: nothing reads the key 'unlock-on-failure', did you mean 'unlock_on_failure'?",
      "1.yaml: taks: nothing reads the key 'taks', did you mean 'tasks'?",
    ]);
  });

  test('says of any other key that nothing reads it', () => {
    expect(warningsOf({ tasks: [], '-mds_creation_failure': {} })).toEqual([
      "1.yaml: -mds_creation_failure: nothing reads the key '-mds_creation_failure'",
    ]);
  });

  test('warns of a version that YAML takes for a number', () => {
    expect(warningsOf({ tasks: [], os_version: 16.1 })).toEqual([
      "1.yaml: os_version: os_version is the number 16.1; quote versions, as in '16.1'",
    ]);
    expect(warningsOf({ tasks: [], os_version: new YamlFloat(7) })[0]).toContain("'7.0'");
  });

  test('tells every error at once, and of one place only the first', () => {
    const extra = [
      { severity: 'error' as const, path: ['tasks', 0], value: null, sentence: 'is wrong again' },
      { severity: 'error' as const, path: ['seed'], value: 'x', sentence: 'must be a whole number' },
    ];
    const source = { file: null, value: fromPlain({ tasks: [3], seed: 'x' }) };
    expect(() => loadJob([source], () => extra)).toThrow(
      'tasks[0]: Invalid task definition: 3 is not a map of one task name\nseed: must be a whole number',
    );
  });
});
