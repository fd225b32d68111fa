import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { BenchResult, JobBench } from '../../test/fixtures/job-bench.ts';
import { describeWith } from '../../test/requirements.ts';

describeWith(['git'], 'workunit', () => {
  let bench: JobBench;
  let folder: string;
  let first: string;

  async function script(path: string, body: string): Promise<void> {
    const file = join(folder, 'suite/qa/workunits', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${body}\n`);
    await chmod(file, 0o755);
  }
  const git = (...words: string[]): string =>
    execFileSync('git', [
      '-C',
      join(folder, 'suite'),
      '-c',
      'user.name=t',
      '-c',
      'user.email=t@t',
      ...words,
    ]).toString();

  beforeAll(async () => {
    bench = await startJobBench(2);
    folder = await mkdtemp(join(tmpdir(), 'loligo-workunits-'));
    await script(
      'fs/env.sh',
      'echo "id=$CEPH_ID ref=$CEPH_REF args=$CEPH_ARGS mnt=$CEPH_MNT extra=$EXTRA words=$*"; pwd; touch here',
    );
    await script('fs/other.sh', 'test ! -e here && echo other');
    await script('bad.sh', 'echo trouble >&2; exit 7');
    await script('slow.sh', 'sleep 30');
    await writeFile(join(folder, 'suite/qa/workunits/data.txt'), 'not to be run');
    await writeFile(join(folder, 'suite/qa/workunits/Makefile'), 'all:\n\tcp fs/other.sh made.sh\n');
    git('init', '-q', '-b', 'main');
    git('add', '-A');
    git('commit', '-qm', 'first');
    first = git('rev-parse', 'HEAD').trim();
    await script('later.sh', 'echo later');
    git('add', '-A');
    git('commit', '-qm', 'second');
  });
  afterAll(async () => {
    await bench?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function run(config: unknown, more: Readonly<Record<string, unknown>> = {}): Promise<BenchResult> {
    const job = { roles: [['client.0'], ['client.1']], suite_path: join(folder, 'suite/qa'), ...more };
    const result = await bench.run(JSON.stringify({ ...job, tasks: [{ workunit: config }] }));
    for (const { home } of bench.hosts.endpoints) expect(await readdir(home)).not.toContain('cephtest');
    return result;
  }

  test('runs a folder of the local tree for one client, in a clean place each time, with its environment', async () => {
    const { status, failureReason, lines } = await run({
      clients: { 'client.0': ['fs'] },
      env: { EXTRA: 'a b' },
    });
    expect([status, failureReason]).toEqual(['pass', null]);
    const log = lines.join('\n');
    expect(log).toMatch(
      /client\.0\.target1\.stdout:id=0 ref=HEAD args=--cluster ceph mnt=\S+\/mnt\.0 extra=a b words=$/m,
    );
    expect(log).toMatch(/stdout:\S+\/mnt\.0\/client\.0\/tmp$/m);
    expect(
      lines.filter((line) => /Running workunit/.test(line)).map((line) => line.split(':').at(-1)),
    ).toEqual([
      'Running workunits matching fs on client.0...',
      'Running workunit fs/env.sh...',
      'Running workunit fs/other.sh...',
    ]);
    expect(log).not.toContain('client.1.target2');
  });

  test('runs `all` on every client, with arguments, and what make made', async () => {
    const { status, lines } = await run({ clients: { all: ['fs/env.sh one two', 'made.sh'] } });
    const log = lines.join('\n');
    expect(status).toBe('pass');
    expect(log).toMatch(/client\.0\.target1\.stdout:id=0 .*words=one two$/m);
    expect(log).toMatch(/client\.1\.target2\.stdout:id=1 .*words=one two$/m);
    expect(log.match(/stdout:other$/gm)).toHaveLength(2);
  });

  test('takes the revision from git: the own one of the task wins over all of the overrides', async () => {
    const clients = { 'client.0': ['later.sh'] };
    const repo = join(folder, 'suite');
    const newest = await run({ clients }, { suite_repo: repo, overrides: { workunit: { branch: 'main' } } });
    expect([newest.status, newest.failureReason]).toEqual(['pass', null]);
    const old = await run(
      { clients, sha1: first },
      { suite_repo: repo, overrides: { workunit: { suite_sha1: 'f'.repeat(40) } } },
    );
    expect([old.status, old.failureReason]).toEqual(['fail', "Spec did not match any workunits: 'later.sh'"]);
    const none = await run({ clients, branch: 'no-such' }, { suite_repo: repo });
    expect(none.failureReason).toBe("'no-such' not found in repo: suite!");
  });

  test('a workunit that fails is named, and the others of the client do not run', async () => {
    const { status, failureReason, lines } = await run({
      clients: { 'client.0': ['bad.sh', 'fs/other.sh'] },
    });
    expect(status).toBe('fail');
    expect(failureReason).toMatch(
      /^Command failed \(workunit test bad\.sh\) on target1 with status 7: "mkdir -p -- /,
    );
    expect(lines.join('\n')).not.toContain('Running workunit fs/other.sh');
  });

  test('one that takes too long is ended', async () => {
    const { failureReason } = await run({ clients: { 'client.0': ['slow.sh'] }, timeout: 1 });
    expect(failureReason).toMatch(/^Command failed \(workunit test slow\.sh\) on target1 with status 124: /);
  });

  test.each([
    [
      { clients: { 'client.0': ['../x'] } },
      `workunit: 'clients.client.0' must be a list of paths below the folder of workunits, not the list ["../x"]`,
    ],
    [
      { clients: { 'client.0': ['fs'] }, timeout: 'soon' },
      `workunit: 'timeout' must be a duration such as 3h, 90m or 30, not "soon"`,
    ],
    [{ clients: { 'client.0': ['fs'] }, basedir: 'none' }, `workunit: there is no 'none' in SUITE`],
    [
      { clients: { 'client.0': ['fs'] }, env: { 'A;B': '1' } },
      `workunit: 'env' must be a map from names of variables, not "A;B"`,
    ],
    [null, `workunit: 'clients' must be a map, not nothing`],
  ])('one sentence for %j', async (config, sentence) => {
    const { failureReason } = await run(config);
    expect(failureReason).toBe(sentence.replace('SUITE', join(folder, 'suite/qa')));
  });
});
