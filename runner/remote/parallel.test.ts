import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { parallel } from './parallel.ts';

describe('acts at the same time', () => {
  test('give their results in order', async () => {
    expect(await parallel([async () => (await delay(5), 'slow'), async () => 'fast'])).toEqual([
      'slow',
      'fast',
    ]);
    expect(await parallel([])).toEqual([]);
  });

  test('are told to stop when one fails, and have all ended before it is thrown', async () => {
    const boom = new Error('boom');
    const ended: unknown[] = [];
    const sibling = async (signal: AbortSignal): Promise<void> => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await delay(5);
      ended.push(signal.reason);
    };
    const run = parallel([sibling, () => Promise.reject(boom), sibling]);
    await expect(run).rejects.toBe(boom);
    expect(ended).toEqual([boom, boom]);
  });

  test('throw the first failure, not what the siblings say of being stopped', async () => {
    const sibling = (signal: AbortSignal): Promise<void> => delay(1e6, undefined, { signal });
    await expect(
      parallel([
        sibling,
        async () => {
          throw new Error('first');
        },
      ]),
    ).rejects.toThrow('first');
  });

  test('stop when the caller says so', async () => {
    const stop = new AbortController();
    const run = parallel([(signal) => delay(1e6, undefined, { signal })], { signal: stop.signal });
    stop.abort(new Error('caller'));
    await expect(run).rejects.toMatchObject({ cause: { message: 'caller' } });
  });
});
