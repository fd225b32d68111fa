import { describe, expect, test } from 'vitest';
import { apiPath } from '../../cli/client/lab-client.ts';
import type { RunView } from '../../cli/client/lab-client.ts';
import { cli, labScratch, nodesNow, startUp } from '../fixtures/lab-process.ts';

describe('a lab on this machine', () => {
  test('takes a suite to its verdicts, with logs at their URLs, by the command line alone', async () => {
    await using scratch = labScratch();
    scratch.write('suites/mini/%', '');
    scratch.write('suites/mini/clusters/one.yaml', 'roles:\n- [node.a]\n');
    scratch.write('suites/mini/clusters/two.yaml', 'roles:\n- [node.a]\n- [node.b]\n');
    scratch.write('suites/mini/tasks/good.yaml', 'tasks:\n- exec:\n    node.a:\n    - echo "all is well"\n');
    scratch.write(
      'suites/mini/tasks/bad.yaml',
      'tasks:\n- exec:\n    node.a:\n    - echo oh no >&2; exit 3\n',
    );
    const lab = await startUp(scratch.lab, '--nodes', '3');
    const folder = { LOLIGO_FOLDER: scratch.lab };

    const dry = await cli(['suite', '-s', 'mini', '--suite-dir', scratch.root, '--dry-run'], folder);
    expect(dry.output.split('\n').filter((line) => line.startsWith('mini/'))).toHaveLength(4);

    const args = [
      'suite',
      '-s',
      'mini',
      '--suite-dir',
      scratch.root,
      '--name',
      'first',
      '--seed',
      '1',
      '--wait',
    ];
    const done = await cli(args, folder);
    expect(done.exitCode).toBe(1);
    expect(done.output).toContain('mini/{clusters/two tasks/good}');
    expect(done.output).toMatch(/fail \d+: Command failed on sandbox0\d with status 3/);

    const run = await lab.client.get<RunView>(apiPath('runs', 'first'));
    expect(run).toMatchObject({
      status: 'finished fail',
      counts: { pass: 2, fail: 2, dead: 0 },
      seed: 1,
      suite: 'mini',
    });
    expect((await nodesNow(lab.client)).map((node) => node.state)).toEqual(expect.arrayContaining(['free']));

    const { output } = await cli(['status', 'first', '--json'], folder);
    const { jobs } = JSON.parse(output) as {
      jobs: { status: string; log_url: string; description: string }[];
    };
    for (const job of jobs) {
      const log = await (await fetch(job.log_url)).text();
      expect(log).toContain(job.status === 'pass' ? 'all is well' : 'oh no');
    }

    const again = await cli(['suite', '-s', 'mini', '--suite-dir', scratch.root, '--name', 'first'], folder);
    expect(again).toMatchObject({ exitCode: 1, output: expect.stringContaining("'first' exists already") });
    const missing = await cli(['suite', '-s', 'nothing', '--suite-dir', scratch.root], folder);
    expect(missing).toMatchObject({ exitCode: 1, output: expect.stringContaining('suites/nothing') });

    const only = await cli(['suite', '-r', 'first', '--suite-dir', scratch.root, '--dry-run'], folder);
    expect(only.output.split('\n').filter((line) => line.startsWith('mini/'))).toHaveLength(2);

    const listed = await cli(['ls', `${scratch.lab}/archive/first`], folder);
    const byLab = await cli(['ls', 'first'], folder);
    expect(byLab.output).toBe(listed.output);
    expect(listed.output.split('\n')[0]).toMatch(/^\d+ (pass|fail) \S+@\S+ mini\/\{.*\} \d+s$/);

    lab.kill('SIGTERM');
    expect(await lab.ended).toBe(0);
    const gone = await cli(['status'], folder);
    expect(gone).toMatchObject({ exitCode: 2, output: expect.stringContaining('loligo up') });
  });

  test('takes one job from files, and its log can be followed to the end', async () => {
    await using scratch = labScratch();
    scratch.write(
      'job.yaml',
      'roles:\n- [client.0]\ntasks:\n- exec:\n    client.0:\n    - echo begin\n    - sleep 1\n',
    );
    scratch.write('more.yaml', 'tasks:\n- exec:\n    client.0:\n    - echo the end\n');
    await startUp(scratch.lab, '--nodes', '1');
    const folder = { LOLIGO_FOLDER: scratch.lab };
    const queued = await cli(
      ['schedule', `${scratch.root}/job.yaml`, `${scratch.root}/more.yaml`, '-n', 'single'],
      folder,
    );
    expect(queued.output).toMatch(/^Job scheduled with name single and ID \d+\n$/);
    const id = /ID (\d+)/.exec(queued.output)?.[1] ?? '';
    const followed = await cli(['logs', 'single', id, '-f'], folder);
    expect(followed.output).toMatch(/stdout:begin[\s\S]*stdout:the end[\s\S]*:pass\n$/);
    expect(followed.output).toBe((await cli(['logs', `single/${id}`], folder)).output);
  });

  test('is the only one of its folder', async () => {
    await using scratch = labScratch();
    await startUp(scratch.lab, '--targets', 'none');
    const second = await cli(['up', '--folder', scratch.lab, '--targets', 'none']);
    expect(second).toMatchObject({ exitCode: 2, output: expect.stringContaining('another lab is running') });
  });
});
