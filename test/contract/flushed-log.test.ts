import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { brokenWays } from '../fixtures/flushing-process.ts';

const program = join(import.meta.dirname, '..', 'fixtures', 'flushing-process.ts');
const enough = 20;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-flushed-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** How many lines a process said were flushed when it was killed with SIGKILL, and how many of them can be read. */
async function killedWhileFlushing(how: string): Promise<{ flushed: number; readable: number }> {
  const child = spawn(process.execPath, [program, folder, how], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let flushed = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    flushed = Number(line);
    if (flushed >= enough) child.kill('SIGKILL');
  }
  await ended;
  return { flushed, readable: linesInOrder() };
}

function linesInOrder(): number {
  let text = '';
  try {
    text = readFileSync(join(folder, 'log'), 'utf8');
  } catch {
    return 0;
  }
  const lines = text.split('\n');
  const wrong = lines.findIndex((line, index) => line !== `line ${index + 1}`);
  return wrong < 0 ? lines.length : wrong;
}

describe('L7: no flushed byte of a log is lost', () => {
  test('a runner that is killed leaves every line that it had flushed', async () => {
    const { flushed, readable } = await killedWhileFlushing('sound');
    expect(flushed).toBeGreaterThanOrEqual(enough);
    expect(readable).toBeGreaterThanOrEqual(flushed);
  });

  test.each(brokenWays)('%s is seen', async (how) => {
    const { flushed, readable } = await killedWhileFlushing(how);
    expect(readable).toBeLessThan(flushed);
  });
});
