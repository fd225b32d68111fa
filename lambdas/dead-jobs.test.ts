import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunRecord } from '../core/ports/job-store.ts';
import type { RunReports } from '../core/ports/run-reports.ts';
import { countingDead } from './dead-jobs.ts';

test('a closed report prints how many jobs are dead, in the field that the alarm adds up', async () => {
  const closed: string[] = [];
  const lines: string[] = [];
  const reports = countingDead({ close: async (run: string) => void closed.push(run) } as RunReports, {
    jobs: {
      getRun: async (run) =>
        run === 'gone' ? null : ({ counts: { pass: 2, fail: 1, dead: 3 } } as unknown as RunRecord),
    },
    print: (line) => void lines.push(line),
  });
  await reports.close('r');
  await reports.close('gone');
  expect(closed).toEqual(['r', 'gone']);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 'info', msg: 'run r is over', deadJobs: 3 },
  ]);
  const watch = await readFile(join(import.meta.dirname, '../infra/watch.ts'), 'utf8');
  expect(watch).toContain("metricValue: '$.deadJobs'");
});
