import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { labId } from '../../cli/lab/targets.ts';
import { demo, expectNothingLeft, folderOf, npmDemo } from '../fixtures/demo.ts';
import { until } from '../fixtures/lab-process.ts';
import type { CliProcess } from '../fixtures/lab-process.ts';
import { describeWith } from '../requirements.ts';

describeWith(['docker'], 'the demo on containers', () => {
  test('with Ceph, which it may have to install first, passes and leaves no container and no network', async () => {
    const running = npmDemo('--ceph');
    const { folder, lab } = await labOf(running);
    expect({ exitCode: await running.ended, output: running.output() }).toMatchObject({ exitCode: 0 });
    expect(running.output()).toMatch(/\n +1 +pass +\S+ +ceph:smoke\//);
    expect(running.output()).toContain('the same files stay');
    await expectNothingLeft(folder);
    expect(dockerThings(lab)).toEqual([]);
  }, 600_000);

  test.each([
    ['while it starts', 'docker nodes', 'SIGTERM', 143],
    ['when jobs run', '\npass ', 'SIGINT', 130],
  ] as const)('stopped %s leaves no container and no network', async (_when, after, signal, exitCode) => {
    const running = demo('--targets', 'docker');
    const { folder, lab } = await labOf(running);
    await until('it is that far', async () => running.output().includes(after));
    running.kill(signal);
    expect({ exitCode: await running.ended, output: running.output() }).toMatchObject({ exitCode });
    await expectNothingLeft(folder);
    expect(dockerThings(lab)).toEqual([]);
  });
});

/** The folder of a demo, and how the engine knows its lab. */
async function labOf(running: CliProcess): Promise<{ folder: string; lab: string }> {
  const folder = await folderOf(running);
  await until('the lab has a token', async () => existsSync(join(folder, 'token')));
  return { folder, lab: labId(readFileSync(join(folder, 'token'), 'utf8').trim()) };
}

/** Ids of the containers and networks that a lab has made. */
function dockerThings(lab: string): string[] {
  const list = (...args: string[]) =>
    execFileSync('docker', [...args, '--filter', `label=loligo.lab=${lab}`], { encoding: 'utf8' });
  const ids = [list('ps', '-a', '-q'), list('network', 'ls', '-q')].join('\n').split('\n');
  return ids.filter((line) => line !== '');
}
