import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity, pidOf } from '../../adapters/embedded/process-identity.ts';
import { jobRequirements, systemWishes } from '../../core/config/job-requirements.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import { unusedNode } from '../../core/locks/node.ts';
import type { NodeSpec } from '../../core/locks/node.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Provider } from '../../core/ports/provider.ts';
import { openProvider } from '../../providers/registry.ts';
import { withoutSnapshots } from '../../runner/engine/snapshot.ts';
import { jobNodes } from '../../runner/job/job-nodes.ts';
import { likenessOf } from '../../runner/job/likeness.ts';
import type { JobNodes } from '../../runner/job/job-nodes.ts';
import { unpreparedProblem } from '../../runner/job/unprepared-nodes.ts';
import { InputError } from '../client/failure.ts';

/** Nodes that exist for one job that is run by hand: made when it begins, taken away after it. */
export interface OwnNodes {
  readonly nodes: JobNodes;
  /** Takes the nodes away. What cannot be taken away now is by the next run that makes nodes. */
  remove(): Promise<void>;
}

type Kind = 'docker' | 'sandbox';

/** Prepares to make a node for each entry of the job's roles. Takes away what runs that were killed have left. */
export async function ownNodes(params: {
  kind: Kind;
  config: YamlMap;
  folder: string; // for what the nodes need, one folder a run
}): Promise<OwnNodes> {
  const { kind, config } = params;
  const root = join(params.folder, 'runs');
  await removeLeft(root);
  const lab = `run-${randomBytes(5).toString('hex')}`;
  const folder = join(root, lab);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'owner'), `${kind}\n${(await processIdentity(process.pid)) ?? ''}\n`);
  const { nodeCount, osType, osVersion } = jobRequirements(config);
  const options = {
    count: nodeCount,
    ...(kind === 'docker' && osType !== null && { osType }),
    ...(kind === 'docker' && osVersion !== null && { osVersion }),
  };
  const provider = openProvider(kind, options, { lab, folder: join(folder, 'nodes'), logger: quiet });
  let made: JobNodes | null = null;
  return {
    nodes: {
      async prepare(task) {
        task.log.info(`Making ${nodeCount} ${kind} nodes...`);
        const specs = await provider.start();
        const problem = provider.prepare === undefined ? unpreparedProblem(specs, config) : null;
        if (problem !== null) throw new InputError(problem);
        made = asJobNodes(specs, { provider, config });
        return await made.prepare(task);
      },
      follow: (target, make) => made?.follow(target, make) ?? make(target),
      takeSnapshot: (...order) => (made?.takeSnapshot ?? withoutSnapshots)(...order),
      hasGuess: (remote) => made?.hasGuess(remote) ?? false,
    },
    remove: () => remove(provider, folder),
  };
}

function asJobNodes(
  specs: readonly NodeSpec[],
  { provider, config }: { provider: Provider; config: YamlMap },
): JobNodes {
  return jobNodes({
    nodes: specs.map(unusedNode),
    providers: new Map([[provider.name, provider]]),
    attempt: { run: 'run', jobId: process.pid, fence: 1 },
    systems: systemWishes(config),
    like: likenessOf(config),
    moved: null,
  });
}

async function remove(provider: Provider, folder: string): Promise<void> {
  try {
    await provider.destroy();
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(`the nodes of this run could not be taken away, the next run will try: ${why}`);
  }
}

async function removeLeft(root: string): Promise<void> {
  for (const lab of await readdir(root).catch(() => [])) {
    const folder = join(root, lab);
    const [kind = '', owner = ''] = (await readFile(join(folder, 'owner'), 'utf8').catch(() => '')).split(
      '\n',
    );
    const pid = pidOf(owner);
    // A folder without an owner may be one that is being made at this moment.
    if (pid === null || (await processIdentity(pid)) === owner) continue;
    const provider = openProvider(kind, { count: 1 }, { lab, folder: join(folder, 'nodes'), logger: quiet });
    await remove(provider, folder);
  }
}

const quiet: Logger = {
  debug: () => undefined,
  info: (message) => console.error(message),
  warn: (message) => console.error(message),
  error: (message) => console.error(message),
  critical: (message) => console.error(message),
  child: () => quiet,
};
