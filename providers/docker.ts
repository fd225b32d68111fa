import { join } from 'node:path';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { Node, NodeSpec } from '../core/locks/node.ts';
import type { Provider } from '../core/ports/provider.ts';
import type { Snapshots } from '../core/ports/snapshots.ts';
import { readContainerFile } from './docker/access.ts';
import { ensureTarget, prepareTarget, recreateTarget, removeLab, switchTarget } from './docker/containers.ts';
import { openGuesses } from './docker/guesses.ts';
import type { Guess, Guesses } from './docker/guesses.ts';
import type { Targets } from './docker/targets.ts';
import { EngineUnavailableError, engineHost, openEngine } from './docker/engine.ts';
import { TargetImageError, hasImage, targetImageName } from './docker/image.ts';
import { containerName } from './docker/labels.ts';
import { ensureJobNetwork, ensureNetwork } from './docker/networks.ts';
import {
  claimSnapshot,
  discardSnapshot,
  giveUpSnapshot,
  keepSnapshot,
  snapshotImage,
  switchToSnapshot,
  systemOf,
  systemOfImage,
} from './docker/snapshots.ts';
import { imageOf, namedImage, systemsOf } from './docker/systems.ts';
import type { System } from './docker/systems.ts';
import { targetUser } from './docker/target-init.ts';
import { openFences } from './fences.ts';
import { osField, thisMachine } from './machine.ts';
import type { MachineKind } from './machine.ts';
import { defineProvider, numberedNames, numberedNodes } from './provider-options.ts';
import type { ProviderContext } from './provider-options.ts';
import { wipe } from './wipe.ts';
import { keptKey } from './ssh-key.ts';

/**
 * What tests may need beyond a plain container, as small sets: all capabilities at once are refused on machines that
 * lack one of them themselves.
 */
const powerParts = {
  mount: {
    capAdd: ['SYS_ADMIN'],
    devices: ['/dev/fuse'],
    securityOpt: ['apparmor=unconfined', 'seccomp=unconfined'],
  },
  net: { capAdd: ['NET_ADMIN', 'NET_RAW'], devices: [], securityOpt: [] },
} as const;

const optionsSchema = z.strictObject({
  ...numberedNodes,
  machineType: z.string().min(1).default('container'),
  /** An image with sshd and sudo to use as it is; without it, one is made for `osType` and `osVersion`. */
  image: z.string().min(1).optional(),
  /** Default: the system of this machine. */
  osType: z.string().min(1).optional(),
  osVersion: z.string().min(1).optional(),
  connect: z.enum(['published', 'direct']).default('published'),
  /** The engine, when it is not the usual one: a socket's path, tcp://HOST:PORT or ssh://USER@HOST. */
  host: z.string().min(1).optional(),
  socket: z.string().min(1).optional(), // what `host` was called before
  /** Systems that jobs may ask for beside the usual one, made when the first job does: `debian:11`. */
  systems: z
    .array(
      z
        .string()
        .regex(/^[a-z]+:[0-9.]+$/, 'is not a system: give TYPE:VERSION, as debian:12')
        .transform((text): System => {
          const [osType = '', osVersion = ''] = text.split(':');
          return { osType, osVersion };
        }),
    )
    .default([]),
  powers: z.array(z.enum(['mount', 'net'])).default(['mount', 'net']),
  capAdd: z.array(z.string()).default([]),
  devices: z.array(z.string().startsWith('/')).default([]),
  securityOpt: z.array(z.string()).default([]),
  tmpfs: z.record(z.string().startsWith('/'), z.string()).default({}),
});
type Options = z.output<typeof optionsSchema>;

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
  const snapshots: Snapshots = {
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

/** The snapshot to make a node with that a job of this kind is likely to want; null when nothing is known, or it is gone. */
async function guessFor(
  { engine }: Targets,
  params: { guesses: Guesses; node: string; image: string; like: string | null },
): Promise<Guess | null> {
  const { guesses, node, image } = params;
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

async function usualSystem(options: Options): Promise<System> {
  const own = await thisMachine();
  return { osType: options.osType ?? own.osType, osVersion: options.osVersion ?? own.osVersion };
}

function engineOf({ host, socket }: Options): string | null {
  return host ?? socket ?? null;
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
  const { connect, tmpfs, powers } = options;
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
    capAdd: [...powers.flatMap((power) => powerParts[power].capAdd), ...options.capAdd],
    devices: [...powers.flatMap((power) => powerParts[power].devices), ...options.devices],
    securityOpt: [...powers.flatMap((power) => powerParts[power].securityOpt), ...options.securityOpt],
    tmpfs,
  };
}
