import { jobRequirements } from '../../core/config/job-requirements.ts';
import type { SiteConfig } from '../../core/config/site-settings.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import { canonicalTarget } from '../../core/config/targets.ts';
import { InputError } from '../client/failure.ts';
import { LabUnreachableError, findLab } from '../client/lab-client.ts';
import type { LabClient, NodeView } from '../client/lab-client.ts';
import { inventory, typeToLock, whoami } from './lab.ts';

/** The lab that knows who holds the machines of a job that is run by hand. */
export interface LabOfRun {
  readonly client: LabClient;
  readonly owner: string; // in whose name machines are locked
  readonly onBehalf: string | null; // the owner, where that is not the caller
  readonly machineType: string;
  /** What is wrong with the locks of targets, in the original's words: one sentence a problem. */
  readonly checkLocks: (targets: readonly string[]) => Promise<readonly string[]>;
}

interface Params {
  readonly flags: { folder?: string; lock?: boolean; owner?: string; machineType?: string };
  readonly config: YamlMap;
  readonly site: SiteConfig;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The lab of a job run by hand: with `--lock` there must be one, which knows the caller; otherwise only a lab that was named, by flag or
 * LOLIGO_API or LOLIGO_FOLDER, is asked about locks. A lab that merely runs in the usual folder has no say over other machines.
 */
export async function labOfRun(params: Params): Promise<LabOfRun | null> {
  const { flags, environment } = params;
  if (flags.lock) return await labToLockIn(params);
  const named = flags.folder ?? (environment['LOLIGO_API'] || environment['LOLIGO_FOLDER'] || null);
  const client = named === null ? null : findNamed(flags);
  if (client === null) return null;
  const owner = flags.owner ?? (await whoami(client).catch(() => null))?.name ?? null;
  if (owner === null) return null;
  return {
    client,
    owner,
    onBehalf: null,
    machineType: '',
    checkLocks: lockChecker(client, owner, params.site),
  };
}

function findNamed(flags: Params['flags']): LabClient | null {
  try {
    return findLab(flags);
  } catch (error) {
    if (error instanceof LabUnreachableError) return null;
    throw error;
  }
}

async function labToLockIn({ flags, config, site }: Params): Promise<LabOfRun> {
  const { client, caller, nodes } = await reach(flags);
  if (!Array.isArray(config.get('roles')))
    throw new InputError('--lock locks a machine for each entry of roles: the job has none');
  const owner = flags.owner ?? caller;
  const wanted = flags.machineType ?? jobRequirements(config).machineType;
  return {
    client,
    owner,
    onBehalf: owner === caller ? null : owner,
    machineType: typeToLock(wanted, { nodes, defaultMachineType: site.defaultMachineType }),
    checkLocks: lockChecker(client, owner, site),
  };
}

async function reach(flags: Params['flags']) {
  try {
    const client = findLab(flags);
    return { client, caller: (await whoami(client)).name, nodes: await inventory(client) };
  } catch (cause) {
    if (!(cause instanceof LabUnreachableError)) throw cause;
    throw new InputError(`--lock needs a lab to lock machines in: ${cause.message}`, { cause });
  }
}

function lockChecker(client: LabClient, owner: string, site: SiteConfig): LabOfRun['checkLocks'] {
  const naming = { labDomain: site.labDomain, defaultUser: site.testUser };
  const bare = (name: string) => name.slice(name.lastIndexOf('@') + 1);
  return async (targets) => {
    const nodes = await inventory(client).catch((error: unknown) => error);
    const known = Array.isArray(nodes) ? (nodes as NodeView[]) : [];
    return targets.flatMap((target) => {
      const names = new Set([bare(target), bare(canonicalTarget(target, naming))]);
      const problem = lockProblem(target, { node: known.find((node) => names.has(node.name)), owner });
      const why = nodes instanceof Error ? ` (${nodes.message})` : '';
      return problem === null ? [] : [`${problem}${why}`];
    });
  };
}

/** The texts are those that people search logs for. */
function lockProblem(
  name: string,
  { node, owner }: { node: NodeView | undefined; owner: string },
): string | null {
  if (node === undefined) return `could not read lock status for ${name}`;
  if (node.state === 'quarantined') return `machine ${name} is marked down`;
  if (node.locked_by === null) return `machine ${name} is not locked`;
  return node.locked_by === owner ? null : `machine ${name} is locked by ${node.locked_by}, not ${owner}`;
}
