import { expect, test } from 'vitest';
import { z } from 'zod';
import { eachMessage, isScheduled } from './queue-event.ts';

const schema = z.object({ n: z.number() });
const batch = (...bodies: string[]) => ({
  Records: bodies.map((body, index) => ({ messageId: `m${index}`, body })),
});

test('only the messages that failed are given out again, those that cannot be read among them', async () => {
  const seen: number[] = [];
  const lines: string[] = [];
  const answer = await eachMessage(batch('{"n":1}', 'poison', '{"n":3}', '{"n":4}'), {
    schema,
    log: { error: (line) => void lines.push(line) },
    act: async ({ n }) => {
      seen.push(n);
      if (n === 3) throw new Error('no');
    },
  });
  expect(seen).toEqual([1, 3, 4]);
  expect(answer.batchItemFailures).toEqual([{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }]);
  expect(lines.map((line) => line.split(':')[0])).toEqual(['message m1 failed', 'message m2 failed']);
});

test('what is no batch is an error, so that nothing is taken for done', async () => {
  await expect(eachMessage({}, { schema, log: { error: () => {} }, act: async () => {} })).rejects.toThrow(
    'Records',
  );
});

test('the clock is told from a queue', () => {
  expect(isScheduled({ source: 'aws.events', 'detail-type': 'Scheduled Event' })).toBe(true);
  expect(isScheduled(batch('{}'))).toBe(false);
});
