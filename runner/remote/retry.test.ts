import { describe, expect, test } from 'vitest';
import { attempts, MaxWhileTriesError } from './retry.ts';
import type { RetryOptions } from './retry.ts';

async function exhaust(options: RetryOptions): Promise<{ sleeps: number[]; tries: number; message: string }> {
  const sleeps: number[] = [];
  let tries = 0;
  const sleepFor = async (seconds: number): Promise<void> => void sleeps.push(seconds);
  try {
    for await (const attempt of attempts({ ...options, sleepFor })) tries = attempt;
  } catch (error) {
    if (!(error instanceof MaxWhileTriesError)) throw error;
    return { sleeps, tries, message: error.message };
  }
  throw new Error('the tries never ended');
}

describe('bounded tries', () => {
  test('sleep longer each time', async () => {
    expect(await exhaust({ sleep: 1, increment: 3, tries: 10, action: 'connect to h' })).toEqual({
      sleeps: [4, 7, 10, 13, 16, 19, 22, 25, 28],
      tries: 10,
      message: "'connect to h' reached maximum tries (10) after waiting for 145 seconds",
    });
  });

  test('fill a timeout, with the last sleep cut', async () => {
    const { sleeps, tries } = await exhaust({ sleep: 6, increment: 3, timeout: 30 });
    expect({ sleeps, tries }).toEqual({ sleeps: [9, 12, 3], tries: 4 });
  });

  test('are ten, six seconds apart, by default', async () => {
    const { sleeps, message } = await exhaust({});
    expect(sleeps).toEqual(Array.from({ length: 9 }, () => 6));
    expect(message).toBe('reached maximum tries (10) after waiting for 60 seconds');
  });

  test('count what was waited', async () => {
    const { sleeps, message } = await exhaust({ sleep: 10, tries: 30 });
    expect(sleeps).toEqual(Array.from({ length: 29 }, () => 10));
    expect(message).toBe('reached maximum tries (30) after waiting for 300 seconds');
  });

  test('end without an error when the loop is left', async () => {
    const seen: number[] = [];
    for await (const attempt of attempts({ tries: 3, sleepFor: async () => {} })) {
      seen.push(attempt);
      if (attempt === 2) break;
    }
    expect(seen).toEqual([1, 2]);
  });

  test('go on for ever when asked to', async () => {
    let last = 0;
    for await (const attempt of attempts({ tries: 0, sleepFor: async () => {} })) {
      last = attempt;
      if (attempt === 1000) break;
    }
    expect(last).toBe(1000);
  });

  test('stop in the middle of a sleep when their signal fires', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const loop = (async () => {
      for await (const _ of attempts({ sleep: 1e6, signal: stop.signal }))
        setImmediate(() => stop.abort(reason));
    })();
    await expect(loop).rejects.toMatchObject({ name: 'AbortError', cause: reason });
  });
});
