import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { dynamoJobStore } from '../../adapters/aws/job-store.ts';
import { dynamoNodeStore } from '../../adapters/aws/node-store.ts';
import { NodesLackingError } from '../../core/locks/errors.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import { describeDynamo } from './describe-dynamo.ts';
import { clientAt, tablesAt } from './dynamo-client.ts';

/** The connection breaks once after each transaction has been carried out; the SDK then sends the same request again. */
function loseReplies(client: DynamoDBClient): { lost: () => number } {
  const lost = new Set<unknown>();
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      if (context.commandName !== 'TransactWriteItemsCommand' || lost.has(args.input)) return answer;
      lost.add(args.input);
      throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', $retryable: {} });
    },
    { step: 'deserialize', priority: 'high' },
  );
  return { lost: () => lost.size };
}

describeDynamo('calls whose answer was lost', (setup) => {
  test('end in the state, and with the answer, that they have without', async () => {
    const stores = await setup();
    try {
      const client = clientAt(stores.place.endpoint);
      const replies = loseReplies(client);
      const tables = tablesAt(stores.place, client);
      const jobs = dynamoJobStore(tables);
      const nodes = dynamoNodeStore(tables);
      await nodes.register(
        ['a', 'b'].map((name) => nodeSpec(name)),
        1,
      );
      expect(await jobs.createRun(newRun('r'))).toBe('created');
      const batch = [newJob('one', { nodeCount: 2 }), newJob('two')];
      const [one = 0, two = 0] = await jobs.enqueue({ run: 'r', jobs: batch, now: 2 });
      const claim = await jobs.claim({ run: 'r', jobId: one, nodes: ['a', 'b'], leaseUntil: 90, now: 3 });
      if (claim.kind === 'refused') throw new Error(claim.reason);
      expect(claim.nodes.map((node) => node.fence)).toEqual([1, 1]);
      expect(await jobs.start(claim.attempt, { runner: 'x', now: 4 })).toBe('ok');
      expect(await jobs.renew(claim.attempt, { leaseUntil: 120, now: 5 })).toEqual({ kind: 'ok' });
      const passed = { status: 'pass', failureReason: null, actor: 'runner', durationSeconds: 1 } as const;
      expect(await jobs.finish(claim.attempt, { ...passed, nodesClean: true, now: 6 })).toBe('ok');
      expect(await jobs.kill({ run: 'r', actor: 'me', reason: 'no', now: 7 })).toEqual([two]);
      const counts = { queued: 0, waiting: 0, running: 0, pass: 1, fail: 0, dead: 1 };
      expect((await jobs.getRun('r'))?.counts).toEqual(counts);
      const lock = { lockId: 'mine', nodes: ['a'], owner: 'me', description: null, leaseUntil: null, now: 8 };
      expect(await nodes.lockMany(lock)).toMatchObject({ kind: 'locked' });
      expect(await nodes.release('mine', { clean: true, now: 9 })).toBe('ok');
      const events = (await nodes.history('a', 99)).map(({ event }) => event);
      expect(events).toEqual(['released', 'locked', 'released', 'locked', 'registered']);
      expect(replies.lost()).toBeGreaterThanOrEqual(10);
      client.destroy();
    } finally {
      await stores.close();
    }
  });

  test('a job with more nodes than one transaction locks is refused when it is submitted', async () => {
    const stores = await setup();
    try {
      await stores.jobs.createRun(newRun('r'));
      const fits = Array.from({ length: 98 }, (_, index) => `n${index}`);
      await stores.nodes.register(
        fits.map((name) => nodeSpec(name)),
        1,
      );
      const enqueue = async (nodeCount: number) =>
        stores.jobs.enqueue({ run: 'r', jobs: [newJob(`of ${nodeCount}`, { nodeCount })], now: 2 });
      await expect(enqueue(99)).rejects.toThrow(NodesLackingError);
      await expect(enqueue(99)).rejects.toThrow('asks for 99 nodes; one transaction locks at most 98');
      const [jobId = 0] = await enqueue(98);
      const claim = await stores.jobs.claim({ run: 'r', jobId, nodes: fits, leaseUntil: 90, now: 3 });
      expect(claim).toMatchObject({ kind: 'claimed' });
      expect(await stores.nodes.list({ state: 'locked' })).toHaveLength(98);
    } finally {
      await stores.close();
    }
  });
});
