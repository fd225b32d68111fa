import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fileArchive } from '../../adapters/embedded/file-archive.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { toPlain } from '../../core/config/yaml-value.ts';
import type { PlainValue, YamlMap } from '../../core/config/yaml-value.ts';
import { startEndpoints } from '../../test/fixtures/ssh-endpoints.ts';
import type { SshEndpoints } from '../../test/fixtures/ssh-endpoints.ts';
import { builtInTasks } from '../tasks/built-in.ts';
import type { Task } from '../engine/task.ts';
import { JobStoppedError } from '../engine/stop.ts';
import { runJob } from './run-job.ts';
import type { JobResult, RunJobParams } from './run-job.ts';
import { defaultSite } from '../../core/config/site-settings.ts';

let hosts: SshEndpoints;
let folder = '';

beforeAll(async () => {
  hosts = await startEndpoints(2, { server: 'ssh2' });
});
afterAll(() => hosts.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loligo-job-'));
  for (const { home } of hosts.endpoints) await rm(join(home, 'cephtest'), { recursive: true, force: true });
  return () => rm(folder, { recursive: true });
});

/** A job on both hosts, from its own lines of YAML. */
function jobOn(lines: string, targets = targetsYaml()): YamlMap {
  return pyYaml.parse(`${targets}\nroles:\n- [node.a]\n- [node.b]\n${lines}`) as YamlMap;
}

function targetsYaml(change: Partial<Record<'port' | 'key', string>> = {}): string {
  const entries = hosts.endpoints.map(
    (host) =>
      `  ${host.user}@${host.name}: {address: ${host.address}, port: ${change.port ?? host.port}, ` +
      `key: ${change.key ?? host.hostKey}, identity: ${host.identityFile}}`,
  );
  return ['targets:', ...entries].join('\n');
}

function run(config: YamlMap, params: Partial<RunJobParams> = {}): Promise<JobResult> {
  return runJob({
    config,
    archive: fileArchive({ folder, baseUrl: null }),
    archivePrefix: 'run/1',
    yaml: pyYaml,
    site: defaultSite,
    options: {
      owner: 'ada@lovelace',
      name: 'run',
      jobId: 1,
      description: 'a job',
      verbose: false,
      suitePath: null,
      interactiveOnError: false,
    },
    clock: { now: Date.now },
    builtInTasks,
    signal: new AbortController().signal,
    console: null,
    maxSeconds: null,
    connectAttempts: 1,
    ...params,
  });
}

const text = (path: string): Promise<string> => readFile(join(folder, 'run/1', path), 'utf8');
const yaml = async (path: string): Promise<PlainValue> => toPlain(pyYaml.parse(await text(path)));
const log = (): Promise<string> => text('teuthology.log');

/** Built-in tasks and one more, under the name `probe`. */
const withProbe = (task: Task): Pick<RunJobParams, 'builtInTasks'> => ({
  builtInTasks: { ...builtInTasks, probe: async () => ({ task }) },
});

describe('a job that passes', () => {
  test('leaves its files, the remote archives, and nothing on the hosts', async () => {
    const result = await run(
      jobOn(`
tasks:
- exec:
    node.a: ['echo hello > $TESTDIR/archive/hello.txt', 'mkdir -p $TESTDIR/archive/.deep/er', 'echo x > $TESTDIR/archive/.deep/er/file']
`),
    );
    expect(result).toMatchObject({ status: 'pass', failureReason: null, nodesClean: true });
    expect(result.hosts.every((finding) => finding.kind === 'works')).toBe(true);
    expect(result.hosts).not.toEqual([]);
    expect(await yaml('summary.yaml')).toEqual({
      description: 'a job',
      duration: expect.any(Number),
      owner: 'ada@lovelace',
      success: true,
    });
    expect(await text('pid')).toBe(String(process.pid));
    expect(await text('owner')).toBe('ada@lovelace\n');
    expect(await yaml('info.yaml')).toMatchObject({
      name: 'run',
      job_id: '1',
      owner: 'ada@lovelace',
      archive: { init: `${hosts.endpoints[0]?.home}/cephtest/archive` },
      cluster: { [`${hosts.endpoints[1]?.user}@target2`]: { roles: ['node.b'] } },
    });
    expect(await text('remote/target1/hello.txt')).toBe('hello\n');
    expect(await text('remote/target1/_deep/er/file')).toBe('x\n');
    for (const { home } of hosts.endpoints) expect(existsSync(join(home, 'cephtest'))).toBe(false);
  });

  test('runs the initial tasks in the order of the original, unwinds in reverse, and says so in the log', async () => {
    await run(jobOn('tasks:\n- nop:\n'));
    const lines = (await log()).split('\n');
    const matches = (pattern: RegExp): string[] => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
    expect(matches(/INFO:teuthology.run_tasks:Running task (\S+)\.\.\.$/)).toEqual([
      'internal.save_config',
      'internal.check_lock',
      'internal.add_remotes',
      'internal.connect',
      'internal.serialize_remote_roles',
      'internal.check_conflict',
      'internal.check_ceph_data',
      'internal.base',
      'internal.archive_upload',
      'internal.archive',
      'internal.coredump',
      'internal.sudo',
      'internal.syslog',
      'internal.timer',
      'ansible.cephlab',
      'clock',
      'nop',
    ]);
    expect(matches(/DEBUG:teuthology.run_tasks:Unwinding manager (\S+)$/)).toEqual([
      'clock',
      'internal.timer',
      'internal.archive',
      'internal.archive_upload',
      'internal.base',
      'internal.connect',
    ]);
    expect(lines[0]).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} INFO:teuthology\.run:teuthology version: /,
    );
    expect(lines.at(-2)).toMatch(/INFO:teuthology\.run:pass$/);
    for (const line of [
      'Opening connections...',
      'Lock checking disabled.',
      'Creating test directory...',
      'Tidying up after the test...',
      'Transferring archived files...',
      'Removing archive directory...',
      'Starting timer...',
      'Duration was ',
      'Summary data:',
      "- ['node.a']",
    ]) {
      expect(lines.join('\n')).toContain(line);
    }
    const timing = (await yaml('timing.yaml')) as { marks: { message: string }[] };
    const marks = timing.marks.map((mark) => mark.message);
    expect(marks[0]).toBe('internal.save_config enter');
    expect(marks).toContain('tasks complete');
    expect(marks.at(-1)).toBe('internal.connect exit');
  });

  test('needs no hosts when it has no roles', async () => {
    const result = await run(pyYaml.parse('tasks:\n- print: hello there\n') as YamlMap);
    expect(result.status).toBe('pass');
    expect(await log()).toContain('hello there');
    expect(await log()).not.toContain('internal.connect');
  });

  test('compresses large files on their way and keeps the others', async () => {
    await run(
      jobOn(`
log-compress-min-size: 1kB
tasks:
- exec:
    node.b: ['yes 0123456789 | head -c 5000 > $TESTDIR/archive/big.log', 'echo small > $TESTDIR/archive/small.log']
`),
    );
    const big = await readFile(join(folder, 'run/1/remote/target2/big.log.gz'));
    expect(gunzipSync(big).toString()).toMatch(/^(0123456789\n){100}/);
    expect(await text('remote/target2/small.log')).toBe('small\n');
  });

  test('keeps no remote files with archive-on-error', async () => {
    await run(jobOn("archive-on-error: true\ntasks:\n- exec: {node.a: ['echo x > $TESTDIR/archive/x']}\n"));
    expect(existsSync(join(folder, 'run/1/remote'))).toBe(false);
  });

  test('hides secrets in its log and its configs', async () => {
    await run(jobOn('bmc:\n  ipmi_password: correct-horse\ntasks:\n- print: the word is correct-horse\n'));
    for (const file of ['teuthology.log', 'orig.config.yaml', 'config.yaml']) {
      expect(await text(file)).not.toContain('correct-horse');
    }
    expect(await log()).toContain('the word is ********');
  });

  test('can be run again from the configuration that it archived', async () => {
    await run(jobOn('tasks:\n- nop:\n'));
    const again = await run(pyYaml.parse(await text('orig.config.yaml')) as YamlMap, {
      archivePrefix: 'run/2',
    });
    expect(again.status).toBe('pass');
  });
});

describe('a job that fails', () => {
  test('reports the first failure, archives all the same, and cleans up', async () => {
    const result = await run(
      jobOn(`
tasks:
- exec: {node.a: ['echo kept > $TESTDIR/archive/kept']}
- exec: {node.b: ['exit 3']}
- exec: {node.b: ['echo never > $TESTDIR/archive/never']}
`),
    );
    expect(result).toMatchObject({ status: 'fail', nodesClean: false });
    expect(result.failureReason).toMatch(/^Command failed on target2 with status 3: /);
    expect(await yaml('summary.yaml')).toMatchObject({
      success: false,
      status: 'fail',
      failure_reason: result.failureReason,
    });
    expect(await text('remote/target1/kept')).toBe('kept\n');
    expect(existsSync(join(folder, 'run/1/remote/target2/never'))).toBe(false);
    expect((await log()).trimEnd()).toMatch(/INFO:teuthology\.run:FAIL$/);
    expect(existsSync(join(hosts.endpoints[0]?.home ?? '', 'cephtest'))).toBe(false);
  });

  test('knows an unknown task before it touches any host', async () => {
    const result = await run(jobOn('tasks:\n- sequential:\n  - exce: {node.a: [true]}\n'));
    expect(result).toMatchObject({ status: 'fail', nodesClean: true });
    expect(result.failureReason).toContain("unknown task 'exce'");
    expect(result.failureReason).toContain("did you mean 'exec'?");
    expect(await log()).not.toContain('Running task');
  });

  test('is told which files it left in the test directory', async () => {
    const result = await run(
      jobOn("tasks:\n- exec: {node.a: ['touch $TESTDIR/forgotten', 'mkdir $TESTDIR/mnt.0']}\n"),
    );
    expect(result.status).toBe('fail');
    expect(result.failureReason).toMatch(/^Command failed on target1 with status 1: 'find /);
    expect(result.failureReason).toContain('forgotten, mnt.0)');
    expect(await log()).toContain('Manager failed: internal.base');
  });

  test('refuses hosts that another job has left its directory on', async () => {
    await run(jobOn("tasks:\n- exec: {node.a: ['touch $TESTDIR/forgotten']}\n"));
    const result = await run(jobOn('tasks:\n- nop:\n'), { archivePrefix: 'run/2' });
    expect(result.status).toBe('fail');
    expect(result.failureReason).toMatch(/^Stale jobs detected, aborting\. \/.*cephtest exists on target1$/);
    expect(existsSync(join(hosts.endpoints[0]?.home ?? '', 'cephtest/forgotten'))).toBe(true);
  });

  test('is stopped by an error that nobody caught, with everything undone', async () => {
    const result = await run(
      jobOn('tasks:\n- probe:\n'),
      withProbe(async (ctx) => {
        setImmediate(() =>
          process.emit('unhandledRejection', new Error('forgotten await'), Promise.resolve()),
        );
        await sleep(60_000, undefined, { signal: ctx.signal });
      }),
    );
    expect(result).toMatchObject({ status: 'fail', failureReason: 'Uncaught exception: forgotten await' });
    expect(await log()).toContain('CRITICAL:teuthology.run:Uncaught exception');
    expect(existsSync(join(hosts.endpoints[0]?.home ?? '', 'cephtest'))).toBe(false);
  });
});

describe('a job that is dead', () => {
  test('when a host cannot be reached', async () => {
    const result = await run(jobOn('tasks:\n- nop:\n', targetsYaml({ port: '1' })));
    expect(result.status).toBe('dead');
    expect(result.failureReason).toContain('target');
    expect(result.hosts).toMatchObject([{ host: expect.stringContaining('target'), kind: 'failure' }]);
    expect(result.nodesClean).toBe(false);
    expect((await log()).trimEnd()).toMatch(/INFO:teuthology\.run:DEAD$/);
  });

  test('when a host shows another key', async () => {
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEWFJYqCFvzvGtAyzZw1QzUFnbQmFxyeHkWEoEQBKdQD';
    const result = await run(jobOn('tasks:\n- nop:\n', targetsYaml({ key })));
    expect(result.status).toBe('dead');
    expect(result.failureReason).toMatch(/Host key of target\d is not the one/);
    expect(result.hosts).toMatchObject([{ host: expect.stringContaining('target'), kind: 'certain' }]);
  });

  test('when it is killed: the command ends, everything is undone, the logs are kept', async () => {
    const kill = new AbortController();
    const reason = new JobStoppedError('killed', 'killed by grace');
    const result = await run(
      jobOn(
        "tasks:\n- exec: {node.a: ['echo x > $TESTDIR/archive/x']}\n- probe:\n- exec: {node.a: ['sleep 600']}\n",
      ),
      {
        signal: kill.signal,
        ...withProbe(async () => void setTimeout(() => kill.abort(reason), 300)),
      },
    );
    expect(result).toMatchObject({ status: 'dead', failureReason: 'killed by grace', nodesClean: false });
    expect(await text('remote/target1/x')).toBe('x\n');
    expect(existsSync(join(hosts.endpoints[0]?.home ?? '', 'cephtest'))).toBe(false);
    expect(await yaml('summary.yaml')).toMatchObject({ status: 'dead', success: false });
  });

  test('when its deadline passes', async () => {
    const result = await run(jobOn("tasks:\n- exec: {node.a: ['sleep 600']}\n"), { maxSeconds: 2 });
    expect(result).toMatchObject({ status: 'dead', failureReason: 'hit max job timeout' });
    expect(existsSync(join(hosts.endpoints[0]?.home ?? '', 'cephtest'))).toBe(false);
  });

  test('when its lease is lost: the hosts are left as they are, and no verdict is written', async () => {
    const lost = new AbortController();
    const result = await run(jobOn('tasks:\n- probe:\n'), {
      signal: lost.signal,
      ...withProbe(async (ctx) => {
        lost.abort(new JobStoppedError('lease-lost', 'the lease is lost'));
        await sleep(60_000, undefined, { signal: ctx.signal });
      }),
    });
    expect(result).toMatchObject({ status: 'dead', failureReason: 'the lease is lost', nodesClean: false });
    expect(existsSync(join(hosts.endpoints[0]?.home ?? '', 'cephtest'))).toBe(true);
    expect(existsSync(join(folder, 'run/1/summary.yaml'))).toBe(false);
    expect(await log()).toContain('Unwinding was cut short');
  });

  test('when its lease is lost while a killed job unwinds: no undo goes on, and no verdict is written', async () => {
    const kill = new AbortController();
    const lost = new AbortController();
    const result = await run(jobOn('tasks:\n- probe:\n'), {
      signal: kill.signal,
      giveUp: lost.signal,
      ...withProbe(async (ctx) => {
        kill.abort(new JobStoppedError('killed', 'killed by grace'));
        lost.abort(new JobStoppedError('lease-lost', 'the lease is lost'));
        await sleep(60_000, undefined, { signal: ctx.signal });
      }),
    });
    expect(result).toMatchObject({ status: 'dead', failureReason: 'killed by grace', nodesClean: false });
    expect(existsSync(join(hosts.endpoints[0]?.home ?? '', 'cephtest'))).toBe(true);
    expect(existsSync(join(folder, 'run/1/summary.yaml'))).toBe(false);
  });
});

describe('the archive', () => {
  test('that cannot be written does not fail the job, and is complained of on the console', async () => {
    await writeFile(join(folder, 'run'), 'in the way');
    const shown: string[] = [];
    const result = await run(jobOn('tasks:\n- nop:\n'), { console: (line) => shown.push(line) });
    expect(result.status).toBe('pass');
    expect(shown.filter((line) => line.includes('the log cannot be written'))).toHaveLength(1);
  });

  test('is not needed', async () => {
    const result = await run(jobOn("tasks:\n- exec: {node.a: ['echo x > $TESTDIR/archive/x']}\n"), {
      archive: null,
    });
    expect(result.status).toBe('pass');
  });
});
