import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { untilListening, waitForTarget } from './access.ts';
import type { TargetAccess } from './access.ts';
import { engineStatus, unlessGone } from './engine.ts';
import { containerName, having, labels, networkName } from './labels.ts';
import { moveToNetwork, sweepJobNetworks } from './networks.ts';
import { hostKeyFolder, targetInit } from './target-init.ts';
import type { Targets } from './targets.ts';

/** The attempt that a node serves. */
export interface ServedJob {
  readonly job: string; // RUN/JOB
  readonly fence: number;
}

interface Making {
  readonly node: string;
  readonly image: string;
  readonly network: string;
  readonly served: ServedJob | null;
}

/** Finds the container of a node and starts it if it has stopped; makes it when there is none. What is in it stays as it is. */
export async function ensureTarget(targets: Targets, node: string): Promise<TargetAccess> {
  const container = targets.engine.getContainer(containerName(targets.lab, node));
  try {
    const { State } = await container.inspect();
    if (!State.Running) await container.start();
    return await waitForTarget(targets, { container, node, proof: 'vouch' });
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
    return await makeTarget(targets, idle(targets, node));
  }
}

/** Replaces the container of a node by a new one of the same name: nothing of the old one is left, host key and home included. */
export async function recreateTarget(targets: Targets, node: string): Promise<TargetAccess> {
  await removeTarget(targets, node);
  await sweepJobNetworks(targets.engine, targets.lab);
  return await makeTarget(targets, idle(targets, node));
}

/** Makes an unused node one of a job: with the job's image, on the job's network, where it has its own name. */
export async function prepareTarget(
  targets: Targets,
  params: { node: string; image: string; network: string; served: ServedJob },
): Promise<TargetAccess> {
  const { engine, lab } = targets;
  const { node, image, network, served } = params;
  const container = engine.getContainer(containerName(lab, node));
  const known = await container.inspect().catch((error: unknown) => unlessGone(error));
  const { Id: wanted } = await engine.getImage(image).inspect();
  if (known?.State.Running === true && known.Image === wanted) {
    await moveToNetwork(engine, { container, node, network });
    return await waitForTarget(targets, { container, node, proof: 'greet' });
  }
  const making = { node, image, network, served };
  return known === undefined
    ? await makeTarget(targets, making)
    : await replaceTarget(targets, { old: known.Id, making });
}

/** Gives a node another system in the middle of a job: its name, network and home stay, all else is the image's. */
export async function switchTarget(
  targets: Targets,
  params: { node: string; image: string; served: ServedJob },
): Promise<TargetAccess> {
  const { engine, lab } = targets;
  const container = engine.getContainer(containerName(lab, params.node));
  const { Id, NetworkSettings } = await container.inspect();
  const [network = networkName(lab)] = Object.keys(NetworkSettings.Networks);
  return await replaceTarget(targets, { old: Id, making: { ...params, network } });
}

/** The home stays; the old container is taken away while the new one starts. */
async function replaceTarget(
  targets: Targets,
  { old, making }: { old: string; making: Making },
): Promise<TargetAccess> {
  const container = targets.engine.getContainer(old);
  await container.rename({ name: `${containerName(targets.lab, making.node)}-${old.slice(0, 12)}` });
  const gone = container.remove({ force: true, v: true }).catch(unlessGone);
  const [access] = await Promise.all([makeTarget(targets, making), gone]);
  return access;
}

/** Removes every container, volume and network that carries the lab's label, also those made by a process that died. */
export async function removeLab(engine: Docker, lab: string): Promise<void> {
  let pauseMs = onItsWayMs;
  for (let emptyLooks = 0; emptyLooks < 2;) {
    const begun = performance.now();
    if ((await removeSeen(engine, lab)) > 0) {
      pauseMs = Math.max(pauseMs, performance.now() - begun);
      emptyLooks = 0;
      continue;
    }
    emptyLooks += 1;
    // The engine carries out what a client asked for that has died since.
    if (emptyLooks < 2) await sleep(pauseMs);
  }
}

/** At least; an engine that is slow to remove things is slow to make them, too. */
const onItsWayMs = 700;

/** Removes what there is at the moment, and returns how much that was. */
async function removeSeen(engine: Docker, lab: string): Promise<number> {
  const own = having(`${labels.lab}=${lab}`);
  const containers = await engine.listContainers({ all: true, ...own });
  await Promise.all(
    containers.map(({ Id }) => engine.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone)),
  );
  if (containers.length > 0) return containers.length;
  const networks = await engine.listNetworks(own);
  for (const { Id } of networks) await engine.getNetwork(Id).remove().catch(unlessGone);
  const { Volumes: volumes } = await engine.listVolumes(own);
  for (const { Name } of volumes ?? []) await engine.getVolume(Name).remove().catch(unlessGone);
  return networks.length + (volumes ?? []).length;
}

function idle(targets: Targets, node: string): Making {
  return { node, image: targets.image, network: networkName(targets.lab), served: null };
}

/** With the home, what a switch that was cut short has left of the node, and whatever waits for this container to make a snapshot. */
async function removeTarget({ engine, lab }: Targets, node: string): Promise<void> {
  const container = engine.getContainer(containerName(lab, node));
  const known = await container.inspect().catch((error: unknown) => unlessGone(error));
  const own = having(`${labels.lab}=${lab}`, `${labels.node}=${node}`);
  for (const { Id } of await engine.listContainers({ all: true, ...own }))
    await engine.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone);
  if (known !== undefined) {
    const turns = await engine.listContainers({ all: true, ...having(`${labels.maker}=${known.Id}`) });
    for (const { Id } of turns)
      await engine.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone);
  }
  await engine.getVolume(homeVolume(lab, node)).remove().catch(unlessGone);
}

async function makeTarget(targets: Targets, making: Making): Promise<TargetAccess> {
  const { engine, lab } = targets;
  await engine.createVolume({
    Name: homeVolume(lab, making.node),
    Labels: { [labels.lab]: lab, [labels.home]: making.node },
  });
  const container = await createInPlace(targets, making);
  try {
    await container.start();
    const heard = await untilListening(container);
    // Whoever serves a job logs in next.
    const proof = making.served === null ? 'vouch' : heard ? 'none' : 'greet';
    return await waitForTarget(targets, { container, node: making.node, proof });
  } catch (error) {
    if (engineStatus(error) !== null) await container.remove({ force: true, v: true }).catch(unlessGone);
    throw error;
  }
}

/**
 * Makes a container in the place of one of the same name that somebody whose fence is old by now made in this moment: that is of no use to
 * anybody. Its name is taken a while before the engine finds it.
 */
async function createInPlace(targets: Targets, making: Making): Promise<Docker.Container> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await createTarget(targets, making);
    } catch (error) {
      if (engineStatus(error) !== 409 || tries > 40) throw error;
    }
    const taken = targets.engine.getContainer(containerName(targets.lab, making.node));
    await taken.remove({ force: true, v: true }).catch(unlessGone);
    if (tries > 1) await sleep(250);
  }
}

async function createTarget(targets: Targets, making: Making): Promise<Docker.Container> {
  const { engine, lab, clientKey } = targets;
  const { node, image, network, served } = making;
  return await engine.createContainer({
    name: containerName(lab, node),
    Image: image,
    Hostname: node,
    Entrypoint: ['/bin/sh', '-c', targetInit],
    Cmd: [],
    Env: [`LOLIGO_USER=${targets.user}`, `LOLIGO_KEY=${clientKey.publicKey}`],
    // A snapshot's image has the labels of the container that it was made from; each of them is given anew here.
    Labels: {
      [labels.lab]: lab,
      [labels.node]: node,
      [labels.job]: served?.job ?? '',
      [labels.fence]: String(served?.fence ?? ''),
    },
    ExposedPorts: { '22/tcp': {} },
    StopTimeout: 1,
    Volumes: { [hostKeyFolder]: {} },
    HostConfig: {
      NetworkMode: network,
      ...(targets.connect === 'published'
        ? {
            PortBindings: {
              '22/tcp': [{ HostIp: targets.engineAddress === null ? '127.0.0.1' : '', HostPort: '' }],
            },
          }
        : {}),
      Binds: [`${homeVolume(lab, node)}:/home/${targets.user}`],
      CapAdd: [...targets.capAdd],
      Devices: targets.devices.map((path) => ({
        PathOnHost: path,
        PathInContainer: path,
        CgroupPermissions: 'rwm',
      })),
      SecurityOpt: [...targets.securityOpt],
      Tmpfs: { ...targets.tmpfs },
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [node] } } },
  });
}

function homeVolume(lab: string, node: string): string {
  return `${containerName(lab, node)}-home`;
}
