import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import tar from 'tar-stream';
import type { Node } from '../../core/locks/node.ts';
import { openEngine } from '../../providers/docker/engine.ts';
import { claimSnapshot, snapshotImage } from '../../providers/docker/snapshots.ts';
import {
  discardImage,
  removeImage,
  storedImages,
  superfluous,
} from '../../providers/docker/stored-images.ts';
import type { StoredImage } from '../../providers/docker/stored-images.ts';
import type { Targets } from '../../providers/docker/targets.ts';
import { describeWith } from '../requirements.ts';

describeWith(['docker'], 'snapshots that an engine keeps', () => {
  const about = `test-${randomBytes(4).toString('hex')}`;
  const [a, b, c] = [randomKey(), randomKey(), randomKey()];
  let engine: Docker;
  beforeAll(async () => {
    engine = await openEngine(null);
    for (const [key, bytes] of [
      [a, 30_000],
      [b, 20_000],
      [c, 10_000],
    ] as const)
      await makeImage(key, bytes);
  });
  afterAll(async () => {
    for (const { name } of await own()) await engine.getImage(name).remove({ force: true });
  });

  function randomKey(): string {
    return randomBytes(32).toString('hex');
  }
  /** A snapshot of one file. */
  async function makeImage(key: string, bytes: number): Promise<void> {
    const pack = tar.pack();
    pack.entry({ name: 'file' }, randomBytes(bytes));
    pack.finalize();
    const [repo, tag] = snapshotImage(key).split(':');
    const changes = `LABEL loligo.image=snapshot loligo.about=${about}`;
    const answer = await engine.importImage(pack as unknown as NodeJS.ReadableStream, { repo, tag, changes });
    await new Promise<void>((resolve, reject) =>
      engine.modem.followProgress(answer, (error) => (error ? reject(error) : resolve())),
    );
  }
  async function own(): Promise<StoredImage[]> {
    return (await storedImages(engine)).filter((image) => image.about === about);
  }
  const names = (images: readonly StoredImage[]): string[] => images.map(({ name }) => name);
  const want = (key: string) =>
    claimSnapshot({ engine, lab: about } as Targets, { key, fence: 1, node: { name: 'none' } as Node });

  test('are in the order in which jobs wanted them last, with their sizes', async () => {
    const [c1, b1, a1] = [c, b, a].map(snapshotImage);
    expect(names(await own())).toEqual([c1, b1, a1]);
    expect(await want(a)).toBe('there');
    const images = await own();
    expect(names(images)).toEqual([a1, c1, b1]);
    expect(images.map(({ bytes }) => bytes)).toEqual([30_000, 10_000, 20_000]);
  });

  test('go by age and by size, those first that were wanted longest ago', async () => {
    const images = await own();
    const oldest = images.at(-1)?.usedAt ?? NaN;
    const byAge = superfluous(images, { now: oldest + 1, maxAgeMs: 0, maxBytes: null });
    const bySize = superfluous(images, { now: oldest, maxAgeMs: null, maxBytes: 40_000 });
    expect([names(byAge), names(bySize)]).toEqual([[snapshotImage(b)], [snapshotImage(b)]]);
    expect(await removeImage(engine, snapshotImage(b))).toBe('removed');
    expect(names(await own())).toEqual([snapshotImage(a), snapshotImage(c)]);
  });

  test('stay while a container has them, and one that was discarded is for the next pruning', async () => {
    const container = await engine.createContainer({
      Image: snapshotImage(c),
      Cmd: ['none'],
      Labels: { 'loligo.lab': about },
    });
    try {
      expect(await removeImage(engine, snapshotImage(c))).toBe('used');
      await discardImage(engine, snapshotImage(c));
      const left = superfluous(await own(), { now: 0, maxAgeMs: null, maxBytes: null });
      expect(left.map(({ current, bytes }) => [current, bytes])).toEqual([[false, 10_000]]);
      expect(await removeImage(engine, left[0]?.name ?? '')).toBe('used');
      await container.remove();
      expect(await removeImage(engine, left[0]?.name ?? '')).toBe('removed');
    } finally {
      await container.remove({ force: true }).catch(() => undefined);
    }
    expect(names(await own())).toEqual([snapshotImage(a)]);
  });
});
