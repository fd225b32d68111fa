import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { BenchResult, JobBench } from '../../test/fixtures/job-bench.ts';
import type { Task } from '../engine/task.ts';
import { task } from './template.ts';

let bench: JobBench;
beforeAll(async () => {
  bench = await startJobBench(1);
});
afterAll(() => bench.stop());

function run(tasks: string, extra: Readonly<Record<string, Task>> = {}): Promise<BenchResult> {
  return bench.run(`roles: [[node.a, client.0]]\ntasks:\n${tasks}`, { tasks: { template: task, ...extra } });
}

describe('the template of a task', () => {
  test('leaves its greeting while the tasks below it run, and nothing in the end', async () => {
    const path = join(bench.hosts.endpoints[0]?.home ?? '', 'cephtest/greeting');
    let during = false;
    const look: Task = async () => {
      during = existsSync(path);
    };
    const { failureReason } = await run('- template: {role: client.0}\n- look:\n', { look });
    expect([failureReason, during, existsSync(path)]).toEqual([null, true, false]);
  });

  test.each([
    ['{}', "template: 'role' must be a string, not nothing"],
    ['{role: client.0, greeting: [hi]}', `template: 'greeting' must be a string, not the list ["hi"]`],
    [
      '{rule: client.0}',
      "template: there is no key 'rule' in its config; the keys are role, greeting, check",
    ],
  ])('refuses the config %s', async (config, sentence) => {
    expect((await run(`- template: ${config}\n`)).failureReason).toBe(sentence);
  });

  test('fails for a role that the job does not have', async () => {
    const { status, failureReason } = await run('- template: {role: client.9}\n');
    expect(status).toBe('fail');
    expect(failureReason).toContain('client.9');
  });
});
