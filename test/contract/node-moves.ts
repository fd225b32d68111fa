import { describe, expect, test } from 'vitest';
import type { AttemptRef, JobOutcome } from '../../core/ports/job-store.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import { request } from './lock-request.ts';
import { race } from './race.ts';
import type { StoresUnderTest } from './race.ts';

/** What every node store must do about nodes that become something else in the hands of an attempt (L3). */
export function moveCases(get: () => StoresUnderTest): void {
  const elsewhere = { port: 2222, hostKey: 'ssh-ed25519 BBBB', osVersion: '13' };
  const move = async (attempt: AttemptRef, name = 'a') =>
    get().nodes.moved(attempt, { spec: nodeSpec(name, elsewhere), now: 50 });
  const claim = async (nodes: readonly string[], run = 'r') => startedOn(get(), { nodes, run });
  const end = async (attempt: AttemptRef, changes: Partial<JobOutcome> = {}) =>
    get().jobs.finish(attempt, {
      status: 'fail',
      failureReason: 'because',
      actor: 'runner',
      durationSeconds: null,
      nodesClean: false,
      now: 40,
      ...changes,
    });

  describe('nodes that an attempt changes', () => {
    test('are what their holder says, under the lock they had', async () => {
      const { nodes } = get();
      const attempt = await claim(['a', 'b']);
      const before = await nodes.get('a');
      expect(await move(attempt)).toBe('ok');
      expect(await nodes.get('a')).toEqual({ ...before, ...elsewhere });
      expect(await move(attempt)).toBe('ok');
      const events = (await nodes.history('a', 100)).map(({ event }) => event);
      expect(events).toEqual(['refreshed', 'locked', 'registered']);
    });

    test.each<[string, (attempt: AttemptRef) => Promise<unknown>]>([
      ['the attempt is over', async (attempt) => end(attempt)],
      ['they are held for the owner', async (attempt) => end(attempt, { holdNodesUntil: 900 })],
      [
        'they have been cleaned since',
        async (attempt) => {
          await end(attempt);
          const begun = await get().nodes.beginCleaning('a', 41);
          await get().nodes.cleaned({ name: 'a', fence: begun?.fence ?? 0, spec: {}, now: 42 });
        },
      ],
      [
        'another job has them',
        async (attempt) => {
          await end(attempt, { nodesClean: true });
          await claim(['a'], 'next');
        },
      ],
      [
        'a person has them',
        async (attempt) => {
          await end(attempt, { nodesClean: true });
          await get().nodes.lockMany({ ...request, nodes: ['a'] });
        },
      ],
    ])('stay as they are when %s', async (_, happens) => {
      const attempt = await claim(['a']);
      await happens(attempt);
      const before = await get().nodes.get('a');
      expect(await move(attempt)).toBe('stale');
      expect(await get().nodes.get('a')).toEqual(before);
    });

    test('stay as they are when the attempt never had them, or is named wrongly', async () => {
      const attempt = await claim(['a']);
      expect(await move(attempt, 'b')).toBe('stale');
      expect(await move(attempt, 'z')).toBe('stale');
      expect(await move({ ...attempt, fence: attempt.fence - 1 })).toBe('stale');
      expect(await move({ ...attempt, run: 'other' })).toBe('stale');
      expect(await get().nodes.get('z')).toBeNull();
      expect(await get().nodes.list()).toMatchObject([{ port: 22 }, { port: 22 }, { port: 22 }]);
    });

    test('are never moved after they were made new, however close that comes', async () => {
      expect(await breachesOfMoving(get())).toEqual([]);
    });
  });
}

/** L3: an attempt whose nodes are being made new by others says that they have moved; the newest word about them must stay. */
export async function breachesOfMoving(stores: StoresUnderTest): Promise<string[]> {
  const names = ['n0', 'n1', 'n2', 'n3'];
  await stores.nodes.register(
    names.map((name) => nodeSpec(name)),
    1,
  );
  const attempts: AttemptRef[] = [];
  for (const name of names) attempts.push(await startedOn(stores, { nodes: [name], run: 'moved' }));
  const input = { attempts, nodes: names };
  await race<string[]>({ connect: stores.connect, racers: 2, act: 'moveOrEnd', input });
  const made = (await stores.nodes.list()).filter(({ name }) => names.includes(name));
  return made
    .filter(({ port, state }) => port !== 2222 || state !== 'free')
    .map(({ name, port, state }) => `${name} is ${state} on port ${port}, though it was made new`);
}

async function startedOn(
  { jobs }: StoresUnderTest,
  { nodes, run }: { nodes: readonly string[]; run: string },
): Promise<AttemptRef> {
  await jobs.createRun(newRun(run));
  const job = newJob(nodes.join(), { nodeCount: nodes.length });
  const [jobId = 0] = await jobs.enqueue({ run, jobs: [job], now: 2 });
  const claimed = await jobs.claim({ run, jobId, nodes, leaseUntil: 100, now: 5 });
  if (claimed.kind === 'refused') throw new Error(claimed.reason);
  await jobs.start(claimed.attempt, { runner: 'one', now: 6 });
  return claimed.attempt;
}
