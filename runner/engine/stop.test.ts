import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { createStopControl, JobStoppedError } from './stop.ts';
import type { StopControl, StopParams } from './stop.ts';

const never = new AbortController().signal;

function control(params: Partial<StopParams>): StopControl & Disposable {
  const made = createStopControl({ signal: never, unwindMs: 60_000, maxSeconds: null, ...params });
  return Object.assign(Object.create(made) as StopControl, { [Symbol.dispose]: () => made.dispose() });
}

describe('stopping a job', () => {
  test('a kill ends the tasks and leaves time for the unwinding, and then ends that too', async () => {
    const outside = new AbortController();
    using stop = control({ signal: outside.signal, unwindMs: 10 });
    outside.abort(new JobStoppedError('killed', 'killed by ada'));
    expect(stop.running.aborted).toBe(true);
    expect(stop.stopped?.message).toBe('killed by ada');
    if (!stop.unwinding.aborted) await once(stop.unwinding, 'abort');
    expect(stop.unwinding.reason).toBe(stop.stopped);
  });

  test('any other reason counts as a kill', () => {
    using stop = control({ signal: AbortSignal.abort('why not') });
    expect(stop.stopped).toMatchObject({ kind: 'killed', message: 'killed' });
  });

  test('the deadline is a stop of its own kind', async () => {
    using stop = control({ maxSeconds: 0.01 });
    await once(stop.running, 'abort');
    expect(stop.stopped).toMatchObject({ kind: 'timeout', message: 'hit max job timeout' });
    expect(stop.unwinding.aborted).toBe(false);
  });

  test('a lost lease leaves no time at all, also after a kill, whose reason stays', () => {
    using stop = control({});
    stop.stop(new JobStoppedError('killed', 'killed'));
    stop.stop(new JobStoppedError('lease-lost', 'lost'));
    expect(stop.unwinding.aborted).toBe(true);
    expect(stop.stopped?.kind).toBe('killed');
  });

  test('giving up ends the unwinding at once', () => {
    const impatient = new AbortController();
    using stop = control({ giveUp: impatient.signal });
    impatient.abort();
    expect([stop.running.aborted, stop.unwinding.aborted]).toEqual([true, true]);
  });

  test('giving up for a lost lease says so to the unwinding, also after a kill, whose reason stays', () => {
    const outside = new AbortController();
    const lost = new AbortController();
    using stop = control({ signal: outside.signal, giveUp: lost.signal });
    outside.abort(new JobStoppedError('killed', 'killed by ada'));
    expect(stop.unwinding.aborted).toBe(false);
    lost.abort(new JobStoppedError('lease-lost', 'lost'));
    expect(stop.unwinding.reason).toMatchObject({ kind: 'lease-lost' });
    expect(stop.stopped?.message).toBe('killed by ada');
  });
});
