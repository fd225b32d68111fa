import { createCleaner } from '../core/operations/clean-nodes.ts';
import { retestNodes } from '../core/operations/retest-nodes.ts';
import { openLab } from './lab.ts';
import { sweepFor } from './sweeping.ts';

const forMs = 45_000;

/** Called every minute: ends what lost its runner, and brings dirty nodes back into use. */
export async function handler(): Promise<void> {
  const lab = await openLab();
  const cleaner = createCleaner(lab.ports, { sole: false });
  await retestNodes(lab.ports);
  await cleaner.pass();
  await Promise.all([sweepFor(lab, forMs), cleaner.idle()]);
}
