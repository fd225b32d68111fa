import { join } from 'node:path';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { Node, NodeSpec } from '../core/locks/node.ts';
import type { Provider } from '../core/ports/provider.ts';
import {
  containerName,
  ensureNetwork,
  ensureTarget,
  readContainerFile,
  recreateTarget,
  removeLab,
} from './docker/containers.ts';
import type { Targets } from './docker/containers.ts';
import { EngineUnavailableError, openEngine } from './docker/engine.ts';
import { TargetImageError, buildTargetImage, hasImage, targetImageName } from './docker/image.ts';
import { targetUser } from './docker/target-init.ts';
import { openFences } from './fences.ts';
import { osField, thisMachine } from './machine.ts';
import type { MachineKind } from './machine.ts';
import { defineProvider, numberedNames, numberedNodes } from './provider-options.ts';
import type { ProviderContext } from './provider-options.ts';
import { wipe } from './wipe.ts';
import { keptKey } from './ssh-key.ts';

const optionsSchema = z.strictObject({
  ...numberedNodes,
  machineType: z.string().min(1).default('container'),
  /** A local image with sshd and sudo to use as it is; without it, one is made for `osType` and `osVersion`. */
  image: z.string().min(1).optional(),
  /** Default: the system of this machine. */
  osType: z.string().min(1).optional(),
  osVersion: z.string().min(1).optional(),
  connect: z.enum(['published', 'direct']).default('published'),
  /** The engine's socket, when it is not the usual one. */
  socket: z.string().min(1).optional(),
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

  return {
    name: 'docker',
    capabilities: { privileged: true, clean: true, snapshot: false, power: false, console: false },
    async start() {
      const targets = await openTargets(options, context);
      await ensureNetwork(targets);
      const names = numberedNames(options.prefix ?? 'container', options.count);
      return await Promise.all(
        names.map((name) => turns(() => startNode({ targets, name, machineType: options.machineType }))),
      );
    },
    async clean(node: Node, fence: number) {
      return await fences.guard(node.name, fence, async () => {
        const targets = await openTargets(options, context);
        await ensureNetwork(targets);
        return await turns(() => recreateTarget(targets, node.name));
      });
    },
    async destroy() {
      await removeLab(await openEngine(options.socket ?? null), context.lab);
      await wipe(context.folder);
    },
  };
}

async function startNode(params: { targets: Targets; name: string; machineType: string }): Promise<NodeSpec> {
  const { targets, name, machineType } = params;
  const access = await ensureTarget(targets, name);
  const identityFile = targets.clientKey.file;
  return {
    name,
    machineType,
    provider: 'docker',
    user: targets.user,
    identityFile,
    ...access,
    ...(await kindOf(targets, name)),
  };
}

async function kindOf({ engine, lab }: Targets, node: string): Promise<MachineKind> {
  const container = engine.getContainer(containerName(lab, node));
  const release = (await readContainerFile(container, '/usr/lib/os-release')) ?? '';
  const { Architecture } = await engine.getImage((await container.inspect()).Image).inspect();
  const arches: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };
  return {
    arch: arches[Architecture] ?? Architecture,
    osType: osField(release, 'ID') ?? 'linux',
    osVersion: osField(release, 'VERSION_ID') ?? '',
  };
}

/** Everything that containers are made with, the image included, which is made first when it is missing. */
async function openTargets(options: Options, context: ProviderContext): Promise<Targets> {
  const { connect, capAdd, devices, securityOpt, tmpfs } = options;
  const engine = await openEngine(options.socket ?? null);
  const image = await chooseImage({ engine, options, context });
  const clientKey = await keptKey(join(context.folder, 'id_ed25519'));
  return {
    engine,
    lab: context.lab,
    image,
    user: targetUser,
    clientKey,
    connect,
    capAdd,
    devices,
    securityOpt,
    tmpfs,
  };
}

async function chooseImage(params: {
  engine: Targets['engine'];
  options: Options;
  context: ProviderContext;
}): Promise<string> {
  const { engine, options, context } = params;
  if (options.image !== undefined) {
    if (await hasImage(engine, options.image)) return options.image;
    throw new TargetImageError(`the engine has no image '${options.image}', and none is fetched`);
  }
  const own = await thisMachine();
  const os = { osType: options.osType ?? own.osType, osVersion: options.osVersion ?? own.osVersion };
  const name = targetImageName(os);
  if (await hasImage(engine, name)) return name;
  return await buildTargetImage({ engine, ...os, folder: context.folder, logger: context.logger });
}
