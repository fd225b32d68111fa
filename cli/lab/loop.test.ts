import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { startLoop } from './loop.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {}, child: () => silent };
const hour = 3_600_000;

describe('a loop', () => {
  test('passes at once, and never twice at the same time however often it is poked', async () => {
    let active = 0;
    let most = 0;
    let passes = 0;
    const loop = startLoop({
      name: 'test',
      everyMs: hour,
      log: silent,
      act: async () => {
        active += 1;
        most = Math.max(most, active);
        passes += 1;
        await sleep(5);
        active -= 1;
      },
    });
    for (let i = 0; i < 20; i += 1) {
      loop.poke();
      await sleep(2);
    }
    await loop.stop();
    expect(most).toBe(1);
    expect(passes).toBeGreaterThan(2);
  });

  test('that was poked during a pass makes another one', async () => {
    const first = Promise.withResolvers<void>();
    let passes = 0;
    const loop = startLoop({
      name: 'test',
      everyMs: hour,
      log: silent,
      act: async () => void ((passes += 1) === 1 && (await first.promise)),
    });
    loop.poke();
    first.resolve();
    await vi.waitFor(() => expect(passes).toBe(2));
    await loop.stop();
  });

  test('goes on after a pass that failed, and says so', async () => {
    const errors: string[] = [];
    let passes = 0;
    const loop = startLoop({
      name: 'sweeper',
      everyMs: 1,
      log: { ...silent, error: (line) => void errors.push(line) },
      act: async () => {
        passes += 1;
        throw new Error('no disk');
      },
    });
    await vi.waitFor(() => expect(passes).toBeGreaterThan(2));
    await loop.stop();
    expect(errors[0]).toMatch(/^sweeper: Error: no disk/);
  });

  test('is over when stop resolves', async () => {
    let over = false;
    const loop = startLoop({
      name: 'test',
      everyMs: hour,
      log: silent,
      act: async () => {
        await sleep(20);
        over = true;
      },
    });
    await loop.stop();
    expect(over).toBe(true);
  });
});
