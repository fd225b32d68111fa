import type Docker from 'dockerode';
import type { NodeSpec } from '../../core/locks/node.ts';
import { SnapshotGoneError } from '../../core/ports/snapshots.ts';
import type { SnapshotOrder } from '../../core/ports/snapshots.ts';
import { switchTarget } from './containers.ts';
import type { Targets } from './targets.ts';
import { engineStatus, unlessGone } from './engine.ts';
import { hasImage } from './image.ts';
import { containerName, labels } from './labels.ts';
import { discardImage } from './stored-images.ts';

const repo = 'loligo-snapshot';
const tagOf = (key: string): string => key.slice(0, 24);

/** The image of a snapshot. */
export function snapshotImage(key: string): string {
  return `${repo}:${tagOf(key)}`;
}

/** The key of the snapshot that a node runs, or the id of its image: that is a hash of what the image is. */
export async function systemOf({ engine, lab }: Targets, node: string): Promise<string> {
  const { Image } = await engine.getContainer(containerName(lab, node)).inspect();
  return await systemOfImage(engine, Image);
}

/** The same of a node that had this image. */
export async function systemOfImage(engine: Docker, image: string): Promise<string> {
  const { Id, Config, Architecture } = await engine.getImage(image).inspect();
  return `${Architecture} ${Config.Labels?.[labels.key] ?? Id}`;
}

/**
 * The right to make a snapshot is a container of a fixed name, since the engine makes only one of a name. It is never started, and
 * stands for the maker's container: when that is gone, the right is free again. So it is shared by all labs of an engine.
 */
export async function claimSnapshot(
  targets: Targets,
  { node, key }: SnapshotOrder,
): Promise<'there' | 'mine' | 'taken'> {
  const { engine, lab } = targets;
  if (await touchSnapshot(engine, key)) return 'there';
  const maker = await engine.getContainer(containerName(lab, node.name)).inspect();
  const turn = engine.getContainer(turnName(key));
  for (let tries = 0; tries < 5; tries += 1) {
    try {
      await engine.createContainer({
        name: turnName(key),
        Image: maker.Image,
        Entrypoint: ['/bin/true'],
        Labels: { [labels.lab]: lab, [labels.node]: '', [labels.maker]: maker.Id },
      });
      if (!(await hasImage(engine, snapshotImage(key)))) return 'mine';
      await giveUpSnapshot(targets, { node, key }); // it was finished between our two looks
      return 'there';
    } catch (error) {
      if (engineStatus(error) !== 409) throw error;
    }
    const known = await turn.inspect().catch((error: unknown) => unlessGone(error));
    if (known === undefined) continue;
    const holder = known.Config.Labels[labels.maker] ?? '';
    if (holder === maker.Id) return 'mine';
    if (await runs(engine, holder)) return 'taken';
    await engine.getContainer(known.Id).remove({ force: true, v: true }).catch(unlessGone);
  }
  return 'taken';
}

/** Commits the maker's container while it stands still. A snapshot is there with its name or not at all. */
export async function keepSnapshot(
  targets: Targets,
  { node, key, about }: SnapshotOrder & { about: string },
): Promise<void> {
  const { engine, lab } = targets;
  const container = engine.getContainer(containerName(lab, node.name));
  const { Id } = await container.inspect();
  const turn = await engine
    .getContainer(turnName(key))
    .inspect()
    .catch((error: unknown) => unlessGone(error));
  if (turn?.Config.Labels[labels.maker] !== Id)
    throw new Error(`snapshot ${snapshotImage(key)} is no longer node ${node.name}'s to make`);
  await forgetCaches(container);
  const kept = Object.entries({ [labels.image]: 'snapshot', [labels.key]: key, [labels.about]: about });
  await container.commit({
    repo,
    tag: tagOf(key),
    pause: true,
    changes: kept.map(([label, value]) => `LABEL ${label}=${JSON.stringify(value)}`),
  });
  await giveUpSnapshot(targets, { node, key });
}

/** Lets the next one make it. Only the node that has the right loses it. */
export async function giveUpSnapshot(
  { engine, lab }: Targets,
  { node, key }: Pick<SnapshotOrder, 'node' | 'key'>,
): Promise<void> {
  const own = await engine
    .getContainer(containerName(lab, node.name))
    .inspect()
    .catch((error: unknown) => unlessGone(error));
  const turn = await engine
    .getContainer(turnName(key))
    .inspect()
    .catch((error: unknown) => unlessGone(error));
  if (turn === undefined || turn.Config.Labels[labels.maker] !== own?.Id) return;
  await engine.getContainer(turn.Id).remove({ force: true, v: true }).catch(unlessGone);
}

/** Puts the snapshot in the place of what the node runs. */
export async function switchToSnapshot(
  targets: Targets,
  { node, key, fence }: SnapshotOrder,
): Promise<Partial<NodeSpec>> {
  if (!(await hasImage(targets.engine, snapshotImage(key)))) throw new SnapshotGoneError(key);
  return await switchTarget(targets, {
    node: node.name,
    image: snapshotImage(key),
    served: { job: node.description ?? '', fence },
  });
}

/** Nobody gets it any more; who runs it keeps it. */
export async function discardSnapshot({ engine }: Targets, { key }: SnapshotOrder): Promise<void> {
  await discardImage(engine, snapshotImage(key));
}

/** Whether it is there; that somebody wants it makes it the last one to be pruned. */
async function touchSnapshot(engine: Docker, key: string): Promise<boolean> {
  try {
    await engine.getImage(snapshotImage(key)).tag({ repo, tag: tagOf(key) });
    return true;
  } catch (error) {
    unlessGone(error);
    return false;
  }
}

/** Package lists and fetched packages are half of what an installation leaves, and old at the next job. */
async function forgetCaches(container: Docker.Container): Promise<void> {
  const script = 'apt-get clean; dnf clean all; rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin; sync; true';
  const exec = await container.exec({
    Cmd: ['/bin/sh', '-c', `{ ${script}; } >/dev/null 2>&1`],
    User: 'root',
  });
  const stream = await exec.start({});
  stream.resume();
  await new Promise((resolve) => stream.once('end', resolve).once('close', resolve));
}

async function runs(engine: Docker, id: string): Promise<boolean> {
  const known = await engine
    .getContainer(id)
    .inspect()
    .catch((error: unknown) => unlessGone(error));
  return known?.State.Running === true;
}

function turnName(key: string): string {
  return `loligo-making-${key.slice(0, 24)}`;
}
