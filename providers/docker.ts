import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Node, NodeSpec } from '../core/locks/node.ts';
import type { Provider } from '../core/ports/provider.ts';
import { readContainerFile } from './docker/access.ts';
import { ensureTarget, prepareTarget, recreateTarget, removeLab } from './docker/containers.ts';
import { guessedSnapshots, guessFor } from './docker/guessed-snapshots.ts';
import { openGuesses } from './docker/guesses.ts';
import { engineOf, optionsSchema, powersOf, usualSystem } from './docker/options.ts';
import type { Options } from './docker/options.ts';
import type { Targets } from './docker/targets.ts';
import { EngineUnavailableError, engineHost, openEngine } from './docker/engine.ts';
import { TargetImageError, hasImage, targetImageName } from './docker/image.ts';
import { containerName } from './docker/labels.ts';
import { ensureJobNetwork, ensureNetwork } from './docker/networks.ts';
import { snapshotImage } from './docker/snapshots.ts';
import { imageOf, namedImage, systemsOf } from './docker/systems.ts';
import { targetUser } from './docker/target-init.ts';
import { openFences } from './fences.ts';
import { osField, thisMachine } from './machine.ts';
import type { MachineKind } from './machine.ts';
import { defineProvider, numberedNames } from './provider-options.ts';
import type { ProviderContext } from './provider-options.ts';
import { wipe } from './wipe.ts';
import { keptKey } from './ssh-key.ts';

/** Containers with a real sshd and real root inside; no registry needed. */
export const docker = defineProvider({
  name: 'docker',
  summary: 'containers on this machine',
  machineType: 'container',
  options: optionsSchema,
  create: createDocker,
});

/** Whether containers can be had at once: an engine answers and has an image for the system of this machine. Makes nothing. */
export async function dockerIsReady(): Promise<boolean> {
  try {
    return await hasImage(await openEngine(null), targetImageName(await thisMachine()));
  } catch (error) {
    if (error instanceof EngineUnavailableError) return false;
    throw error;
  }
}

function createDocker(options: Options, context: ProviderContext): Provider {
  const fences = openFences(join(context.folder, 'fences'));
  const turns = pLimit(4); // the engine makes more at once no faster
  const open = () => openTargets(options, context);
  const guarded = async <T>(node: Node, fence: number, act: (targets: Targets) => Promise<T>): Promise<T> =>
    await fences.guard(node.name, fence, async () => {
      const targets = await open();
      return await turns(() => act(targets));
    });
  const guesses = openGuesses(join(context.folder, 'guesses'));
  const snapshots = guessedSnapshots({ open, guarded, guesses });

  return {
    name: 'docker',
    capabilities: { privileged: true, clean: true, snapshot: true, power: false, console: false },
    async start() {
      const targets = await open();
      await ensureNetwork(targets);
      const names = numberedNames(options.prefix ?? 'container', options.count);
      const { machineType } = options;
      return await Promise.all(
        names.map((name) => turns(() => startNode({ targets, options, name, machineType }))),
      );
    },
    async clean(node: Node, fence: number) {
      return await guarded(node, fence, async (targets) => {
        await ensureNetwork(targets);
        return await recreateTarget(targets, node.name);
      });
    },
    async prepare({ nodes, fence, job, systems, like }) {
      const targets = await open();
      const images: string[] = [];
      for (const wish of systems) images.push(await imageFor({ targets, options, context, wish }));
      const served = { job: `${job.run}/${job.jobId}`, fence };
      const [first] = nodes;
      if (first === undefined) return [];
      // An order that is refused leaves no network behind.
      const network = await guarded(first, fence, ({ engine, lab }) =>
        ensureJobNetwork({ engine, lab, ...served }),
      );
      return await Promise.all(
        nodes.map((node, index) =>
          guarded(node, fence, async () => {
            const image = images[index] ?? targets.image;
            const guess = await guessFor(targets, { guesses, node: node.name, image, like: like ?? null });
            const made = guess === null ? image : snapshotImage(guess.key);
            const access = await prepareTarget(targets, { node: node.name, image: made, network, served });
            if (guess !== null) guesses.made(node.name, guess);
            return access;
          }),
        ),
      );
    },
    snapshots,
    async destroy() {
      await removeLab(await openEngine(engineOf(options)), context.lab);
      await wipe(context.folder);
    },
  };
}

/** The image for what a job asks of a node: the usual one unless it names another system. */
async function imageFor(params: {
  targets: Targets;
  options: Options;
  context: ProviderContext;
  wish: { osType: string | null; osVersion: string | null };
}): Promise<string> {
  const { targets, options, context, wish } = params;
  if (options.image !== undefined) return targets.image;
  const usual = await usualSystem(options);
  const offered = [usual, ...options.systems, ...(await systemsOf(targets.engine))];
  const system = offered.find(
    ({ osType, osVersion }) =>
      (wish.osType ?? osType) === osType && (wish.osVersion ?? osVersion) === osVersion,
  );
  if (system === undefined)
    throw new TargetImageError(
      `no container has ${[wish.osType, wish.osVersion].filter((word) => word !== null).join(' ')}; ` +
        `there are ${[...new Set(offered.map((one) => `${one.osType} ${one.osVersion}`))].join(', ')}`,
    );
  const { folder, logger } = context;
  return await imageOf({ engine: targets.engine, system, folder, logger });
}

async function startNode(params: {
  targets: Targets;
  options: Options;
  name: string;
  machineType: string;
}): Promise<NodeSpec> {
  const { targets, options, name, machineType } = params;
  const access = await ensureTarget(targets, name);
  const identityFile = targets.clientKey.file;
  return {
    name,
    machineType,
    provider: 'docker',
    user: targets.user,
    identityFile,
    ...access,
    ...(await kindOf(targets, options, name)),
  };
}

/** What the node is, and what else it can be made for a job: systems in pairs, its own first. */
async function kindOf(targets: Targets, options: Options, node: string): Promise<MachineKind> {
  const { engine, lab } = targets;
  const container = engine.getContainer(containerName(lab, node));
  const release = (await readContainerFile(container, '/usr/lib/os-release')) ?? '';
  const { Architecture } = await engine.getImage((await container.inspect()).Image).inspect();
  const arches: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };
  const own = { osType: osField(release, 'ID') ?? 'linux', osVersion: osField(release, 'VERSION_ID') ?? '' };
  const others = options.image === undefined ? [...options.systems, ...(await systemsOf(engine))] : [];
  const pairs = [own, ...others].filter(
    (one, index, all) =>
      all.findIndex(({ osType, osVersion }) => osType === one.osType && osVersion === one.osVersion) ===
      index,
  );
  return {
    arch: arches[Architecture] ?? Architecture,
    osType: pairs.map(({ osType }) => osType).join(),
    osVersion: pairs.map(({ osVersion }) => osVersion).join(),
  };
}

/** Everything that containers are made with, the image included, which is made first when it is missing. */
async function openTargets(options: Options, context: ProviderContext): Promise<Targets> {
  const { connect, tmpfs } = options;
  const engine = await openEngine(engineOf(options));
  const { folder, logger } = context;
  const image =
    options.image === undefined
      ? await imageOf({ engine, system: await usualSystem(options), folder, logger })
      : await namedImage(engine, options.image);
  return {
    engine,
    engineAddress: engineHost(engine),
    lab: context.lab,
    image,
    user: targetUser,
    clientKey: await keptKey(join(context.folder, 'id_ed25519')),
    connect,
    ...powersOf(options),
    tmpfs,
  };
}
