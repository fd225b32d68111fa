import { expect, test } from 'vitest';
import type { NodeSpec } from '../../core/locks/node.ts';
import type { Transition } from '../../core/ports/job-store.ts';
import { fakeLab, fakeProvider } from '../../test/fixtures/fake-lab.ts';
import { nodeSpec } from '../../test/fixtures/lab-records.ts';
import { jobNodes } from './job-nodes.ts';

/** An attempt whose provider makes its only node listen on another port; the inventory answers as told. */
async function prepared(answer: Transition) {
  const { nodes } = fakeLab();
  await nodes.register([nodeSpec('a')], 1);
  const told: NodeSpec[] = [];
  const provider = { ...fakeProvider('shelf', null), prepare: async () => [{ port: 2222 }] };
  const own = jobNodes({
    nodes: await nodes.list(),
    providers: new Map([['shelf', provider]]),
    attempt: { run: 'r', jobId: 1, fence: 4 },
    systems: [{ osType: null, osVersion: null }],
    like: null,
    moved: async (spec) => {
      told.push(spec);
      return answer;
    },
  });
  const targets = own.prepare({ signal: new AbortController().signal } as Parameters<typeof own.prepare>[0]);
  return { targets, told };
}

test('the inventory is told what a node has become', async () => {
  const { targets, told } = await prepared('ok');
  expect(Object.keys(await targets)).toEqual(['ubuntu@a']);
  expect(told).toEqual([nodeSpec('a', { port: 2222 })]);
});

test('a job whose nodes are not its own any more goes no further', async () => {
  const { targets } = await prepared('stale');
  await expect(targets).rejects.toThrow('node a is not held for r/1 any more');
});
