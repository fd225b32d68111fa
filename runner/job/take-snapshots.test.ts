import { expect, test } from 'vitest';
import type { Node } from '../../core/locks/node.ts';
import { fakeSnapshots } from '../../test/fixtures/fake-snapshots.ts';
import type { FakeSnapshots } from '../../test/fixtures/fake-snapshots.ts';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import type { SnapshotOrder } from '../engine/snapshot.ts';
import type { Remote } from '../remote/remote.ts';
import { takeSnapshots } from './take-snapshots.ts';
import type { SnapshotHost } from './take-snapshots.ts';

const thing = { name: 'thing', key: { sha1: 'abc' } };

/** The hosts of one job. As with real ones, a switch is made by the first that asks something of the host. */
function jobOn(fake: FakeSnapshots, ...names: string[]) {
  const installs: string[] = [];
  const switches: string[] = [];
  const found: string[] = []; // what was there when it was installed
  const pending = new Map<string, () => Promise<unknown>>();
  const remotes = names.map((name) => ({ hostname: name, shortname: name }) as Remote);
  const arrive = async (name: string): Promise<void> => {
    const bring = pending.get(name);
    pending.delete(name);
    await bring?.();
  };
  const hostOf = ({ hostname }: Remote): SnapshotHost => ({
    node: { name: hostname } as Node,
    fence: 1,
    snapshots: fake.snapshots,
    switchTo: async (bring) => {
      switches.push(hostname);
      pending.set(hostname, bring);
    },
  });
  const stop = new AbortController();
  const take = takeSnapshots(hostOf);
  return {
    installs,
    switches,
    found,
    stop,
    async take(order: SnapshotOrder = { ...thing, verify }): Promise<string> {
      return await take({ log: silentLogger, signal: stop.signal, remotes }, order, async (some) => {
        for (const { hostname } of some) {
          await arrive(hostname);
          installs.push(hostname);
          found.push(fake.systems.get(hostname)?.word ?? '');
          fake.systems.set(hostname, { base: 'base', word: 'thing', home: '' });
        }
      });
    },
  };
  async function verify({ hostname }: Remote): Promise<boolean> {
    await arrive(hostname);
    return fake.systems.get(hostname)?.word === 'thing';
  }
}

test('one host of a job installs, and of a later job none', async () => {
  const fake = fakeSnapshots();
  const first = jobOn(fake, 'a', 'b', 'c');
  expect([await first.take(), first.installs]).toEqual(['made', ['a']]);
  const second = jobOn(fake, 'd', 'e');
  expect([await second.take(), second.installs]).toEqual(['reused', []]);
  expect(fake.systems.get('e')?.word).toBe('thing');
});

test('a job waits for the one that installs, and ends with its own signal', async () => {
  const fake = fakeSnapshots();
  const tries: string[] = [];
  const claim = async (): Promise<'taken'> => {
    tries.push('taken');
    if (tries.length === 2) waiting.stop.abort(new Error('killed'));
    return 'taken';
  };
  const waiting = jobOn({ ...fake, snapshots: { ...fake.snapshots, claim } }, 'a');
  await expect(waiting.take()).rejects.toThrow(/killed|aborted/);
  expect([tries.length, waiting.installs]).toEqual([2, []]);
});

test('an image that is pruned between its finding and its use is made anew', async () => {
  const fake = fakeSnapshots();
  await jobOn(fake, 'a').take();
  const { claim } = fake.snapshots;
  const pruned: FakeSnapshots = {
    ...fake,
    snapshots: {
      ...fake.snapshots,
      async claim(order) {
        const answer = await claim(order);
        if (answer === 'there') fake.kept.clear();
        return answer;
      },
    },
  };
  const unlucky = jobOn(pruned, 'b');
  expect([await unlucky.take(), unlucky.installs]).toEqual(['made', ['b']]);
});

test('a wrong image is thrown away and made anew once, not forever', async () => {
  const fake = fakeSnapshots();
  await jobOn(fake, 'a').take();
  for (const key of fake.kept.keys()) fake.kept.set(key, 'something else');
  const careful = jobOn(fake, 'b');
  expect([await careful.take(), careful.installs]).toEqual(['made', ['b']]);
  expect([...fake.kept.values()]).toEqual(['thing']);

  const broken: FakeSnapshots = { ...fake, snapshots: { ...fake.snapshots, claim: async () => 'there' } };
  for (const key of fake.kept.keys()) fake.kept.set(key, 'something else');
  await expect(jobOn(broken, 'c').take()).rejects.toThrow('two images of thing in turn');
});

test('what cannot be resolved is installed everywhere, and so is what comes after it', async () => {
  const fake = fakeSnapshots();
  const moving = jobOn(fake, 'a', 'b');
  expect(await moving.take({ name: 'branch', key: null })).toBe('none');
  expect(await moving.take()).toBe('none');
  expect([moving.installs, fake.kept.size]).toEqual([['a', 'b', 'a', 'b'], 0]);
});

test('the key is of what is asked for and of what the host is, in whatever order it is said', async () => {
  const fake = fakeSnapshots();
  await jobOn(fake, 'a').take({ name: 'thing', key: { one: 1, two: 2 } });
  const turned = jobOn(fake, 'b');
  await turned.take({ name: 'thing', key: { two: 2, one: 1 } });
  const other = jobOn(fake, 'c');
  await other.take({ name: 'thing', key: { one: 1, two: 3 } });
  fake.systems.set('d', { base: 'another base', word: '', home: '' });
  const elsewhere = jobOn(fake, 'd');
  await elsewhere.take({ name: 'thing', key: { one: 1, two: 2 } });
  expect([turned.installs, other.installs, elsewhere.installs]).toEqual([[], ['c'], ['d']]);
});

test('hosts that were made with the right snapshot are not touched, and their keys are those of what they were to be', async () => {
  const fake = fakeSnapshots();
  await jobOn(fake, 'a').take();
  const [key = ''] = fake.kept.keys();
  for (const name of ['b', 'c']) fake.guess(name, key);
  const lucky = jobOn(fake, 'b', 'c', 'd');
  expect([await lucky.take(), lucky.installs, lucky.switches]).toEqual(['reused', [], ['d']]);
  expect(fake.kept.size).toBe(1);
  // What comes next builds on it, as if it had been switched to.
  expect([await lucky.take({ name: 'next', key: 1 }), lucky.installs]).toEqual(['made', ['b']]);
});

test('hosts that were made with another snapshot are made anew before anything is installed, with or without a key', async () => {
  const fake = fakeSnapshots();
  await jobOn(fake, 'a').take();
  const [key = ''] = fake.kept.keys();
  for (const name of ['b', 'c']) fake.guess(name, key);
  const other = jobOn(fake, 'b', 'c');
  expect(await other.take({ name: 'other', key: { sha1: 'def' } })).toBe('made');
  expect([other.installs, other.found, other.switches]).toEqual([['b'], [''], ['b', 'c', 'c']]);
  fake.guess('d', key);
  const moving = jobOn(fake, 'd');
  expect(await moving.take({ name: 'branch', key: null })).toBe('none');
  expect([moving.installs, moving.found]).toEqual([['d'], ['']]);
});
