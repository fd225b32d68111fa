import type { Node } from '../../core/locks/node.ts';
import type { Snapshots } from '../../core/ports/snapshots.ts';
import { switchTarget } from './containers.ts';
import type { Guess, Guesses } from './guesses.ts';
import { hasImage } from './image.ts';
import {
  claimSnapshot,
  discardSnapshot,
  giveUpSnapshot,
  keepSnapshot,
  snapshotImage,
  switchToSnapshot,
  systemOf,
  systemOfImage,
} from './snapshots.ts';
import type { Targets } from './targets.ts';

/** Acts on a node for whoever has its fence, a few at a time. */
export type Guarded = <T>(node: Node, fence: number, act: (targets: Targets) => Promise<T>) => Promise<T>;

/** The snapshots of an engine, for nodes of which some were made with the one that they are likely to want. */
export function guessedSnapshots(params: {
  open: () => Promise<Targets>;
  guarded: Guarded;
  guesses: Guesses;
}): Snapshots {
  const { open, guarded, guesses } = params;
  return {
    systemOf: async (node) => guesses.of(node.name)?.system ?? (await systemOf(await open(), node.name)),
    claim: (order) => guarded(order.node, order.fence, (targets) => claimSnapshot(targets, order)),
    keep: (order) =>
      guarded(order.node, order.fence, async (targets) => {
        await keepSnapshot(targets, order);
        await guesses.settle(order.node.name, order.key);
      }),
    giveUp: (order) => guarded(order.node, order.fence, (targets) => giveUpSnapshot(targets, order)),
    use: (order) =>
      guarded(order.node, order.fence, async (targets) => {
        const right = guesses.of(order.node.name)?.key === order.key;
        const changes = right ? {} : await switchToSnapshot(targets, order);
        await guesses.settle(order.node.name, order.key);
        return changes;
      }),
    discard: (order) => guarded(order.node, order.fence, (targets) => discardSnapshot(targets, order)),
    guesses: {
      of: ({ name }) => guesses.of(name)?.key ?? null,
      undo: ({ node, fence }) =>
        guarded(node, fence, async (targets) => {
          const guess = guesses.of(node.name);
          if (guess === null) return {};
          const served = { job: node.description ?? '', fence };
          const changes = await switchTarget(targets, { node: node.name, image: guess.image, served });
          await guesses.settle(node.name, null);
          return changes;
        }),
    },
  };
}

/** The snapshot to make a node with that a job of this kind is likely to want; null when nothing is known, or it is gone. */
export async function guessFor(
  { engine }: Targets,
  params: { guesses: Guesses; node: string; image: string; like: string | null },
): Promise<Guess | null> {
  const { guesses, node, image } = params;
  guesses.begin(node);
  if (params.like === null) return null;
  const like = `${params.like} on ${image}`;
  const key = await guesses.expect(node, like);
  if (key === null) return null;
  const [there, system] = await Promise.all([
    hasImage(engine, snapshotImage(key)),
    systemOfImage(engine, image),
  ]);
  if (there) return { key, image, system };
  await guesses.forget(like);
  return null;
}
