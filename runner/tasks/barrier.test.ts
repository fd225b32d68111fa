import { expect, test } from 'vitest';
import { createBarrier } from './barrier.ts';

test('nobody leaves a barrier before all have arrived, round after round', async () => {
  const barrier = createBarrier(3);
  let inside = 0;
  const rounds = 50;
  const party = async (delay: number): Promise<void> => {
    for (let round = 1; round <= rounds; round += 1) {
      for (let turn = 0; turn < delay; turn += 1) await new Promise(setImmediate);
      inside += 1;
      await barrier.arrive();
      expect(inside).toBeGreaterThanOrEqual(3 * round);
    }
  };
  await Promise.all([party(0), party(1), party(3)]);
  expect(inside).toBe(3 * rounds);
});
