import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Node } from '../../core/locks/node.ts';
import { StaleFenceError } from '../../core/ports/provider.ts';
import { SnapshotGoneError } from '../../core/ports/snapshots.ts';
import type { Snapshots } from '../../core/ports/snapshots.ts';
import { describeWith } from '../requirements.ts';
import type { Part } from '../requirements.ts';

/** Two nodes whose provider keeps snapshots. */
export interface SnapshotsUnderTest {
  readonly snapshots: Snapshots;
  /** The nodes, made as new under this fence. */
  clean(fence: number): Promise<readonly [Node, Node]>;
  /** Puts a word into a node's system, and into the home of its login. */
  write(node: Node, word: string): Promise<void>;
  /** The words that are there; '' where there is none. */
  read(node: Node): Promise<{ system: string; home: string }>;
  dispose(): Promise<void>;
}

/** What every provider with snapshots promises, tested on real nodes. */
export function describeSnapshots(params: {
  name: string;
  needs: readonly Part[];
  setup: () => Promise<SnapshotsUnderTest>;
}): void {
  const patience = 240_000; // the base image may have to be made first
  describeWith(params.needs, `snapshots of ${params.name}`, () => {
    let under: SnapshotsUnderTest;
    let snapshots: Snapshots;
    let one: Node;
    let other: Node;
    let fence = 1;
    let key = '';
    const order = (node: Node, of = key) => ({ node, fence, key: of });

    beforeAll(async () => {
      under = await params.setup();
      ({ snapshots } = under);
    }, patience);
    let used = true;
    const clean = async (): Promise<void> => {
      fence += 1;
      [one, other] = await under.clean(fence);
      used = false;
    };
    beforeEach(async () => {
      key = randomBytes(32).toString('hex');
      if (used) await clean();
    }, patience);
    afterAll(async () => {
      await under?.dispose();
    }, patience);

    test('untouched nodes are the same, and other than a snapshot', { timeout: patience }, async () => {
      const base = await snapshots.systemOf(one);
      expect(await snapshots.systemOf(other)).toBe(base);
      await made('');
      await snapshots.use(order(other));
      const changed = await snapshots.systemOf(other);
      expect(changed).not.toBe(base);
      expect(await snapshots.systemOf(one)).toBe(base); // the maker runs what it ran
    });

    test('one node has the right to make a snapshot, until it gives it up', async () => {
      expect(await snapshots.claim(order(one))).toBe('mine');
      expect(await snapshots.claim(order(one))).toBe('mine');
      expect(await snapshots.claim(order(other))).toBe('taken');
      await snapshots.giveUp(order(other)); // which does not have it
      expect(await snapshots.claim(order(other))).toBe('taken');
      await snapshots.giveUp(order(one));
      expect(await snapshots.claim(order(other))).toBe('mine');
      await expect(snapshots.keep({ ...order(one), about: 'not mine' })).rejects.toThrow(/no longer/);
      expect(await snapshots.claim(order(one, `${key.slice(1)}0`))).toBe('mine'); // another key is nobody's
      await snapshots.giveUp(order(one, `${key.slice(1)}0`));
      await snapshots.giveUp(order(other));
    });

    test('of claims at the same time one is granted', async () => {
      const claims = await Promise.all([snapshots.claim(order(one)), snapshots.claim(order(other))]);
      expect(claims.toSorted()).toEqual(['mine', 'taken']);
      await Promise.all([snapshots.giveUp(order(one)), snapshots.giveUp(order(other))]);
    });

    test(
      'what was kept is there for everybody, without what is in the home',
      { timeout: patience },
      async () => {
        used = true;
        await under.write(other, 'of the job');
        await made('installed');
        expect(await snapshots.claim(order(one))).toBe('there');
        expect(await snapshots.claim(order(other))).toBe('there');
        const changes = await snapshots.use(order(other));
        expect(changes.hostKey).toEqual(expect.any(String));
        expect([one.hostKey, other.hostKey]).not.toContain(changes.hostKey);
        expect(await under.read({ ...other, ...changes })).toEqual({
          system: 'installed',
          home: 'of the job',
        });
      },
    );

    test(
      'a snapshot that was discarded is made anew, and who runs it keeps it',
      { timeout: patience },
      async () => {
        await made('wrong');
        const running = { ...other, ...(await snapshots.use(order(other))) };
        await snapshots.discard(order(one));
        await snapshots.discard(order(one));
        expect((await under.read(running)).system).toBe('wrong');
        expect(await snapshots.claim(order(one))).toBe('mine');
        await snapshots.giveUp(order(one));
      },
    );

    test(
      'a snapshot that is gone is said to be, and the node stays what it is',
      { timeout: patience },
      async () => {
        used = true;
        await under.write(one, 'mine');
        await expect(snapshots.use(order(one))).rejects.toThrow(SnapshotGoneError);
        expect(await under.read(one)).toEqual({ system: 'mine', home: 'mine' });
      },
    );

    test('a maker that was cleaned has no right any more', { timeout: patience }, async () => {
      expect(await snapshots.claim(order(one))).toBe('mine');
      await clean();
      expect(await snapshots.claim(order(other))).toBe('mine');
      await snapshots.giveUp(order(other));
    });

    test('orders of an older fence are refused', async () => {
      const old = { node: one, fence: fence - 1, key };
      for (const act of [
        () => snapshots.claim(old),
        () => snapshots.keep({ ...old, about: '' }),
        () => snapshots.giveUp(old),
        () => snapshots.use(old),
        () => snapshots.discard(old),
      ])
        await expect(act()).rejects.toThrow(StaleFenceError);
    });

    async function made(word: string): Promise<void> {
      used = true;
      expect(await snapshots.claim(order(one))).toBe('mine');
      await under.write(one, word);
      await snapshots.keep({ ...order(one), about: 'a test' });
    }
  });
}
