import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startJobBench } from '../fixtures/job-bench.ts';
import type { BenchResult, JobBench } from '../fixtures/job-bench.ts';
import { describeWith } from '../requirements.ts';
import { loligo } from './run-command.ts';
import type { Ended } from './run-command.ts';

const program = `#include <stdio.h>
static int sign(int number) {
  if (number < 0)
    return -1;
  return 1;
}
int main(int argc, char **argv) {
  (void)argv;
  printf("%d\\n", sign(argc - 3));
  return 0;
}
`;

describeWith(['lcov'], 'coverage of a program that jobs build and run on their hosts', () => {
  let bench: JobBench;
  let folder = '';
  let jobs: BenchResult[] = [];
  beforeAll(async () => {
    bench = await startJobBench(2);
    folder = await mkdtemp(join(tmpdir(), 'loligo-coverage-test-'));
    await mkdir(join(folder, 'source'));
    await writeFile(join(folder, 'source/sign.c'), program);
    const build = `mkdir ${folder}/build && cd ${folder}/build && gcc --coverage -c ../source/sign.c && gcc --coverage sign.o -o sign`;
    jobs = [
      await bench.run(`flavor: gcov
roles: [[client.0]]
tasks:
- exec: {client.0: ['${build}', '${folder}/build/sign']}
- background_exec: {client.0: '${folder}/build/sign 1 2 3; touch $TESTDIR/done; sleep 99'}
- exec: {client.0: ['until rm $TESTDIR/done; do sleep 0.1; done']}
`),
      await bench.run(`coverage: true
log-compress-min-size: 1B
roles: [[client.0], [client.1]]
tasks:
- pexec: {all: ['${folder}/build/sign 1 2 3']}
`),
      await bench.run(`coverage: false
overrides: {install: {ceph: {flavor: gcov}}}
roles: [[client.0]]
tasks: [exec: {client.0: ['GCOV_PREFIX=/dev/null ${folder}/build/sign; test -z "$GCOV_PREFIX"']}]
`),
    ];
  });
  afterAll(async () => {
    await bench.stop();
    await rm(folder, { recursive: true });
  });

  const coverage = (...args: string[]): Promise<Ended> =>
    loligo(['coverage', join(bench.archive, 'run'), ...args], { home: folder });

  test('is summed over jobs, hosts and ways of running it, line by line', async () => {
    expect(jobs.map(({ failureReason }) => failureReason)).toEqual([null, null, null]);
    expect(jobs[0]?.summary.flavor).toBe('gcov');
    const out = ['-o', `${folder}/traces`, '--html-output', `${folder}/pages`, '--json'];
    const ended = await coverage('--build', `${folder}/build`, ...out);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({
      jobs: [
        { job: '1', lines: { hit: 7, found: 7 }, functions: { hit: 2, found: 2 } },
        { job: '2', lines: { hit: 6, found: 7 }, branches: { hit: 1, found: 2 } },
      ],
      total: { lines: { hit: 7, found: 7 }, branches: { hit: 2, found: 2 } },
      missed: [],
    });
    // Once without arguments, once in the background, and on two hosts.
    const counts = async (file: string): Promise<string[]> =>
      (await readFile(`${folder}/traces/${file}.lcov`, 'utf8')).match(/^DA:.*$/gm) ?? [];
    expect(await counts('2')).toEqual(
      ['2,2', '3,2', '4,0', '5,2', '7,2', '9,2', '10,2'].map((count) => `DA:${count}`),
    );
    expect(await counts('total')).toEqual(
      ['2,4', '3,4', '4,1', '5,3', '7,4', '9,4', '10,4'].map((count) => `DA:${count}`),
    );
    expect(await readFile(`${folder}/pages/source/sign.c.gcov.html`, 'utf8')).toContain('return -1;');
  });

  test('is not told where counters and build do not belong together', async () => {
    expect(await coverage()).toMatchObject({
      code: 1,
      stderr:
        'there are no notes of the compiler (.gcno) with the counters: name the folder that was built in with --build\n',
    });
    await execa('gcc', ['--coverage', '-c', 'sign.c', '-o', 'sign.o'], { cwd: `${folder}/source` }); // another compilation
    expect((await coverage('-b', `${folder}/source`)).stderr).toMatch(
      /^3 files of counters are of another build, such as target1\/coverage\/root\/\S+\/build\/sign\.gcda of job 1\nno counters of run belong to this build\n$/,
    );
    const nothing = await loligo(['coverage', join(bench.archive, 'run/3'), '-b', `${folder}/build`], {
      home: folder,
    });
    expect(nothing.stderr).toMatch(/^none of the 1 jobs of run left counters .* 'flavor: gcov'/);
  });
});
