import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { labId } from '../../cli/lab/targets.ts';
import { processesOf } from '../../cli/lab/processes-of.ts';
import { startCli, until } from '../fixtures/lab-process.ts';
import type { CliProcess } from '../fixtures/lab-process.ts';
import { describeWith } from '../requirements.ts';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function demo(...args: string[]): CliProcess {
  return startCli(['demo', ...args]);
}

/** The temporary folder of a demo, from its first line. */
async function folderOf(running: CliProcess): Promise<string> {
  await until('the demo names its folder', async () => /lab in (\S+) with/.test(running.output()));
  const folder = /lab in (\S+) with/.exec(running.output())?.[1] ?? '';
  folders.push(folder);
  return folder;
}

/** What must hold after every end of a demo. */
async function expectNothingLeft(folder: string): Promise<void> {
  expect(await processesOf(folder)).toEqual([]);
  expect(existsSync(folder) ? readdirSync(folder) : ['archive']).toEqual(['archive']);
}

describe('the demo', () => {
  test('passes, shows a log for every job, and leaves only the archive', async () => {
    const running = demo();
    const folder = await folderOf(running);
    expect({ exitCode: await running.ended, output: running.output() }).toMatchObject({ exitCode: 0 });
    const output = running.output();
    const logs = output.match(/http:\/\/\S+\/teuthology\.log/g) ?? [];
    expect(logs.length).toBeGreaterThanOrEqual(6);
    expect(output).toContain(`the same files stay in ${join(folder, 'archive')}`);
    expect(output).not.toContain('\u001b');
    const run = join(folder, 'archive', readdirSync(join(folder, 'archive'))[0] ?? '');
    expect(readdirSync(run)).toHaveLength(logs.length);
    await expectNothingLeft(folder);
  });

  test('with a failure exits 1 and says why', async () => {
    const running = demo('--with-failure');
    const folder = await folderOf(running);
    expect({ exitCode: await running.ended, output: running.output() }).toMatchObject({ exitCode: 1 });
    expect(running.output()).toMatch(/\nfail \d+: \S+/);
    expect(running.output()).toMatch(/ pass /);
    await expectNothingLeft(folder);
  });

  test.each([
    ['SIGINT', 'while the lab starts', '', 0],
    ['SIGTERM', 'a moment later', '', 400],
    ['SIGINT', 'when the suite was queued', 'jobs, live at', 0],
    ['SIGTERM', 'when jobs run', 'jobs, live at', 700],
    ['SIGINT', 'after the first verdict', '\npass ', 0],
  ] as const)('stopped by %s %s leaves nothing behind', async (signal, _when, after, delayMs) => {
    const running = demo();
    const folder = await folderOf(running);
    await until('it is that far', async () => running.output().includes(after));
    await sleep(delayMs);
    running.kill(signal);
    expect({ exitCode: await running.ended, output: running.output() }).toMatchObject({
      exitCode: signal === 'SIGINT' ? 130 : 143,
    });
    expect(running.output()).not.toContain('killed a process');
    await expectNothingLeft(folder);
  });
});

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
