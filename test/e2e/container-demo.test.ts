import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { labId } from '../../cli/lab/targets.ts';
import { demo, expectNothingLeft, folderOf } from '../fixtures/demo.ts';
import { until } from '../fixtures/lab-process.ts';
import { describeWith } from '../requirements.ts';

describeWith(['docker'], 'the demo on containers', () => {
  test.each([
    ['to its end', 'the same files stay', null, 0],
    ['stopped while it starts', 'docker nodes', 'SIGTERM', 143],
    ['stopped when jobs run', '\npass ', 'SIGINT', 130],
  ] as const)('%s leaves no container and no network', async (_when, after, signal, exitCode) => {
    const running = demo('--targets', 'docker');
    const folder = await folderOf(running);
    await until('the lab has a token', async () => existsSync(join(folder, 'token')));
    const lab = labId(readFileSync(join(folder, 'token'), 'utf8').trim());
    if (signal !== null) {
      await until('it is that far', async () => running.output().includes(after));
      running.kill(signal);
    }
    expect({ exitCode: await running.ended, output: running.output() }).toMatchObject({ exitCode });
    expect(running.output()).toContain(after);
    await expectNothingLeft(folder);
    expect(dockerThings(lab)).toEqual([]);
  });
});

/** Ids of the containers and networks that a lab has made. */
function dockerThings(lab: string): string[] {
  const list = (...args: string[]) =>
    execFileSync('docker', [...args, '--filter', `label=loligo.lab=${lab}`], { encoding: 'utf8' });
  const ids = [list('ps', '-a', '-q'), list('network', 'ls', '-q')].join('\n').split('\n');
  return ids.filter((line) => line !== '');
}
