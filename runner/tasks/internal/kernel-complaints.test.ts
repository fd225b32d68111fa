import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { kernelComplaintCommand } from './kernel-complaints.ts';

const folder = mkdtempSync(join(tmpdir(), 'loligo-kern-'));
afterAll(() => rmSync(folder, { recursive: true }));

function complaint(...lines: string[]): string {
  const file = join(folder, "kern's.log");
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return execFileSync('sh', ['-c', kernelComplaintCommand(file)], { encoding: 'utf8' });
}

describe('what a kernel complains of', () => {
  test('is the first line with BUG, INFO or DEADLOCK', () => {
    expect(
      complaint('kernel: all fine', 'kernel: BUG: unable to handle page fault', 'kernel: INFO: later'),
    ).toBe('kernel: BUG: unable to handle page fault\n');
  });

  test('is nothing when only known noise has such words', () => {
    expect(
      complaint(
        'kernel: INFO: task mkfs.xfs:123 blocked for more than 120 seconds.',
        'CRON[12]: INFO run',
        'tcmu-runner: INFO started',
        'kernel: INFO: NMI handler (perf) took too long to run: 1.2 msecs',
        'kernel: DEBUGGING INFORMATION',
      ),
    ).toBe('');
  });
});
