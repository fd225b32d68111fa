import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { engineStatus, unlessGone } from './engine.ts';
import { targetImageName } from './image.ts';
import { systemsOf } from './systems.ts';

/** An image of ours, as an engine keeps it. */
export interface StoredImage {
  readonly name: string;
  readonly kind: 'base' | 'snapshot';
  readonly bytes: number; // what it shares with other images included
  readonly usedAt: number; // epoch ms: when it was made, or a job wanted it last
  readonly current: boolean; // false for what nothing takes any more: a base image of an older recipe, a snapshot that was discarded
  readonly about: string;
}

const discarded = 'loligo-discarded';

/** Base images first, then snapshots, each with those that were wanted last first. */
export async function storedImages(engine: Docker): Promise<StoredImage[]> {
  const images = await engine.listImages({
    filters: { reference: ['loligo-target', 'loligo-snapshot', discarded] },
  });
  const current = new Set((await systemsOf(engine)).map((system) => targetImageName(system)));
  const stored = await Promise.all(
    images.flatMap(({ Id, Size, RepoTags, Labels }) =>
      (RepoTags ?? [])
        .filter((name) => /^loligo-(target|snapshot|discarded):/.test(name))
        .map(async (name): Promise<StoredImage> => {
          const image = await engine.getImage(Id).inspect();
          const { Metadata } = image as { Metadata?: { LastTagTime?: string } };
          const usedAt = Date.parse(Metadata?.LastTagTime ?? image.Created);
          const kind = name.startsWith('loligo-target:') ? 'base' : 'snapshot';
          const about = Labels?.['loligo.about'] ?? '';
          return {
            name,
            kind,
            bytes: Size,
            usedAt,
            current: kind === 'snapshot' ? !name.startsWith(`${discarded}:`) : current.has(name),
            about,
          };
        }),
    ),
  );
  return stored.toSorted((a, b) => a.kind.localeCompare(b.kind) || b.usedAt - a.usedAt);
}

/**
 * What is to go so that the rest keeps within the bounds: base images of older recipes, discarded snapshots, those that nobody wanted for `maxAgeMs`, and
 * then those that were wanted longest ago until the others are `maxBytes` together. null = no bound.
 */
export function superfluous(
  images: readonly StoredImage[],
  bounds: { now: number; maxAgeMs: number | null; maxBytes: number | null },
): StoredImage[] {
  let kept = 0;
  return images.filter((image) => {
    if (image.kind === 'base' || !image.current) return !image.current;
    if (bounds.maxAgeMs !== null && bounds.now - image.usedAt > bounds.maxAgeMs) return true;
    kept += image.bytes;
    return bounds.maxBytes !== null && kept > bounds.maxBytes;
  });
}

/** `used`: a container runs it, or another image builds on it, so that it stays. */
export async function removeImage(engine: Docker, name: string): Promise<'removed' | 'used'> {
  try {
    await engine.getImage(name).remove();
    return 'removed';
  } catch (error) {
    if (engineStatus(error) === 404) return 'removed';
    if (engineStatus(error) === 409) return 'used';
    throw error;
  }
}

/** Takes an image's name away, so that nobody finds it any more; the image itself too, unless something uses it. */
export async function discardImage(engine: Docker, name: string): Promise<void> {
  const tag = randomBytes(6).toString('hex');
  try {
    await engine.getImage(name).tag({ repo: discarded, tag });
  } catch (error) {
    return unlessGone(error);
  }
  await engine.getImage(name).remove({ noprune: true }).catch(unlessGone);
  await removeImage(engine, `${discarded}:${tag}`); // one that is used is for `loligo image prune`
}
