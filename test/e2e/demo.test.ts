import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { demo, expectNothingLeft, folderOf, npmDemo } from '../fixtures/demo.ts';
import { until } from '../fixtures/lab-process.ts';

describe('the demo', () => {
  test('passes, shows a log for every job, and leaves only the archive', async () => {
    const running = npmDemo();
    const folder = await folderOf(running);
    expect({ exitCode: await running.ended, output: running.output() }).toMatchObject({ exitCode: 0 });
    const output = running.output();
    const logs = output.match(/http:\/\/\S+\/teuthology\.log/g) ?? [];
    expect(logs.length).toBeGreaterThanOrEqual(6);
    expect(output).toContain(`the same files stay in ${join(folder, 'archive')}`);
    expect(output).not.toContain('\u001b');
    const run = join(folder, 'archive', readdirSync(join(folder, 'archive'))[0] ?? '');
    const jobs = readdirSync(run).filter((name) => !/^(junit\.xml|results\.log|scrape\.log)$/.test(name));
    expect(jobs).toHaveLength(logs.length); // the run's own reports are there if there was time
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
