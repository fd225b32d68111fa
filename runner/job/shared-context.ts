import { fromPlain } from '../../core/config/yaml-value.ts';
import type { PlainValue, YamlMap } from '../../core/config/yaml-value.ts';
import { interact } from '../engine/interact.ts';
import type { SharedContext } from '../engine/run-task.ts';
import { setJobRun } from './job-run.ts';
import type { JobRun, LockMachines } from './job-run.ts';
import type { JobNodes } from './job-nodes.ts';
import type { JobParts } from './job-parts.ts';
import { emptyCluster, makeCluster } from './make-cluster.ts';

/** What the tasks of a job share; makes the job known to the internal tasks. `entries` are all its tasks, the initial ones first. */
export function createSharedContext(parts: JobParts, entries: readonly PlainValue[]): SharedContext {
  const { params, files, summary, log } = parts;
  const state = new Map<string, unknown>();
  let cluster = emptyCluster;
  const context: SharedContext = {
    job: params.job,
    get cluster() {
      return cluster;
    },
    summary,
    archive: params.folder,
    site: params.site,
    state,
    options: params.options,
    ...(params.nodes ? { takeSnapshot: params.nodes.takeSnapshot } : {}),
    interact: (reason) =>
      interact({ reason, terminal: params.terminal ?? null, log, signal: params.stop.running, context }),
  };
  setJobRun(state, {
    lockMachines: params.lockMachines ? locker(parts, params.lockMachines) : null,
    prepareNodes: params.nodes ? preparer(parts, params.nodes) : null,
    checkLocks: params.checkLocks ?? null,
    connect: parts.early.connect,
    hasGuess: (remote) => params.nodes?.hasGuess(remote) ?? false,
    reached: (remote) => parts.findings.reached(remote.shortname),
    blame: (remote, reason) => parts.findings.certain(remote.shortname, reason),
    addInfo: (key, value) => files.addInfo({ [key]: value }),
    makeCluster: () => parts.early.cluster ?? makeCluster(params),
    setCluster: (made) => {
      cluster = made;
    },
    saveConfig: () => files.putYaml('config.yaml', withTasks(parts, entries)),
  });
  return context;
}

function locker({ params }: JobParts, lock: LockMachines): JobRun['lockMachines'] {
  return async (task) => {
    const targets = await lock(task);
    params.job['targets'] = targets;
    return params.yaml.print(params.mask.value(fromPlain(targets)));
  };
}

function preparer({ params }: JobParts, nodes: JobNodes): JobRun['prepareNodes'] {
  return async (task) => {
    params.job['targets'] = await nodes.prepare(task);
  };
}

function withTasks({ params }: JobParts, entries: readonly PlainValue[]): YamlMap {
  const config = new Map(params.config);
  if (params.job['targets'] !== undefined) config.set('targets', fromPlain(params.job['targets']));
  return config.set('tasks', fromPlain(entries));
}
