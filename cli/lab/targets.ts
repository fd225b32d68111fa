import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AssignedProvider } from '../../adapters/embedded/child-launcher.ts';
import { enrolled } from '../../core/operations/enroll-nodes.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { NodeStore } from '../../core/ports/node-store.ts';
import type { Provider } from '../../core/ports/provider.ts';
import { labPaths } from './sign.ts';
import { dockerIsReady } from '../../providers/docker.ts';
import { openProvider } from '../../providers/registry.ts';

/** Where a lab's nodes come from: a provider of the registry with its options. */
export interface TargetChoice {
  readonly provider: string;
  readonly options: unknown;
}

/** `--targets sandbox --nodes 3` as a choice; `none` is a lab without nodes. */
export function targetChoices(targets: string, nodes: number, staticOptions: unknown): TargetChoice[] {
  if (targets === 'none') return [];
  if (targets === 'static') return [{ provider: 'static', options: staticOptions }];
  return [{ provider: targets, options: { count: nodes } }];
}

/**
 * Where nodes come from when nobody says: what a lab that was killed in this folder had, so that its jobs go on; else `docker` when
 * it is ready to use; else `sandbox`, which always is.
 */
export async function usualTargets(root: string): Promise<'docker' | 'sandbox'> {
  const left = (['docker', 'sandbox'] as const).find((kind) => existsSync(join(labPaths(root).nodes, kind)));
  return left ?? ((await dockerIsReady()) ? 'docker' : 'sandbox');
}

/** What names a lab on a machine that it shares with others; says nothing about the token it is made from. */
export function labId(token: string): string {
  return createHash('sha256').update(`lab ${token}`).digest('hex').slice(0, 12);
}

/** Opens the chosen providers, each with a folder of its own below the lab's. Starts nothing. */
export async function openTargets(params: {
  choices: readonly TargetChoice[];
  folder: string;
  token: string;
  log: Logger;
}): Promise<Map<string, Provider>> {
  const lab = labId(params.token);
  const opened = new Map<string, Provider>();
  for (const { provider, options } of params.choices) {
    const folder = join(params.folder, provider);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    opened.set(
      provider,
      openProvider(provider, options, { lab, folder, logger: params.log.child(provider) }),
    );
  }
  return opened;
}

/** What a runner needs to open the providers that make nodes what a job asks for. */
export function assignedProviders(params: {
  choices: readonly TargetChoice[];
  opened: ReadonlyMap<string, Provider>;
  folder: string;
  token: string;
}): AssignedProvider[] {
  return params.choices
    .filter(({ provider }) => params.opened.get(provider)?.prepare !== undefined)
    .map((choice) => ({
      ...choice,
      lab: labId(params.token),
      folder: join(params.folder, choice.provider),
    }));
}

/**
 * Starts the providers and brings the inventory in line with what they vouch for: their nodes are registered, those that they
 * do not vouch for leave the inventory, or as soon as nobody holds them at a later start. Nodes that people entered stay.
 */
export async function startTargets(params: {
  providers: ReadonlyMap<string, Provider>;
  nodes: NodeStore;
  clock: Clock;
  log: Logger;
}): Promise<number> {
  const specs = (
    await Promise.all([...params.providers.values()].map((provider) => provider.start()))
  ).flat();
  await params.nodes.register(specs, params.clock.now());
  const vouched = new Set(specs.map((spec) => spec.name));
  for (const node of await params.nodes.list()) {
    if (vouched.has(node.name) || node.provider === enrolled) continue;
    const gone = await params.nodes.remove(node.name);
    params.log.info(
      gone === 'ok'
        ? `node ${node.name} has left the inventory: no provider vouches for it`
        : `node ${node.name} is held by ${node.lock?.owner ?? 'somebody'}, though no provider vouches for it`,
    );
  }
  return specs.length;
}
