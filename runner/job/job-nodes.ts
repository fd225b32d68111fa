import type { PlainValue } from '../../core/config/yaml-value.ts';
import { toPlain } from '../../core/config/yaml-value.ts';
import { NodeStateError } from '../../core/locks/errors.ts';
import { specOf } from '../../core/locks/node.ts';
import type { Node, NodeSpec } from '../../core/locks/node.ts';
import type { AttemptRef, Transition } from '../../core/ports/job-store.ts';
import type { Provider, SystemWish } from '../../core/ports/provider.ts';
import { nodeTargets } from '../attempt/node-targets.ts';
import type { TakeSnapshot } from '../engine/snapshot.ts';
import { switchableRemote } from '../remote/switchable-remote.ts';
import type { Remote } from '../remote/remote.ts';
import type { LockMachines, MakeRemote } from './job-run.ts';
import { takeSnapshots } from './take-snapshots.ts';
import type { SnapshotHost } from './take-snapshots.ts';

/** The nodes of an attempt as their providers see them. */
export interface JobNodes {
  /** Makes them what the job asks for, and resolves with its `targets`. */
  prepare: LockMachines;
  /** The remote of a target, which stays the same when its node is switched to a snapshot. */
  follow(target: Parameters<MakeRemote>[0], make: MakeRemote): Remote;
  readonly takeSnapshot: TakeSnapshot;
  /** Whether a host was made with a snapshot that the job has not asked for yet. */
  hasGuess(remote: Remote): boolean;
}

/** `providers` are those whose nodes are to be prepared; nodes of others stay as they are. Every node was granted under the attempt's fence. */
export function jobNodes(params: {
  nodes: readonly Node[];
  providers: ReadonlyMap<string, Provider>;
  attempt: AttemptRef;
  systems: readonly SystemWish[]; // in the order of `nodes`
  like: string | null; // of `PrepareOrder`
  moved: ((spec: NodeSpec) => Promise<Transition>) | null; // told what a node has become
}): JobNodes {
  const { providers, attempt } = params;
  const nodes = new Map(params.nodes.map((node) => [node.name, node]));
  const hosts = new Map<string, SnapshotHost>();
  const change = async (node: Node, changes: Partial<NodeSpec>): Promise<void> => {
    const changed = { ...node, ...changes };
    nodes.set(node.name, changed);
    if ((await params.moved?.(specOf(changed))) === 'stale')
      throw new NodeStateError(`node ${node.name} is not held for ${attempt.run}/${attempt.jobId} any more`);
  };
  return {
    async prepare({ signal }) {
      const { run, jobId, fence } = attempt;
      for (const provider of providers.values()) {
        const isOwn = (node: Node | undefined) => node?.provider === provider.name;
        const own = params.nodes.filter(isOwn);
        if (provider.prepare === undefined || own.length === 0) continue;
        const systems = params.systems.filter((_, index) => isOwn(params.nodes[index]));
        signal.throwIfAborted();
        const changes = await provider.prepare({
          nodes: own,
          fence,
          job: { run, jobId },
          systems,
          like: params.like,
        });
        for (const [index, node] of own.entries()) await change(node, changes[index] ?? {});
      }
      return toPlain(nodeTargets([...nodes.values()])) as { [target: string]: PlainValue };
    },
    follow(target, make) {
      const node = nodes.get(target.hostname) ?? nodes.get(target.shortname);
      const snapshots = node === undefined ? undefined : providers.get(node.provider)?.snapshots;
      if (node === undefined || snapshots === undefined) return make(target);
      const remote = switchableRemote(target, make);
      hosts.set(target.hostname, {
        node,
        snapshots,
        fence: attempt.fence,
        switchTo: (bring) =>
          remote.switchTo(async () => {
            const changes = await bring();
            await change(node, changes);
            return changes;
          }),
      });
      return remote;
    },
    takeSnapshot: takeSnapshots((remote) => hosts.get(remote.hostname) ?? null),
    hasGuess({ hostname }) {
      const host = hosts.get(hostname);
      return (host?.snapshots.guesses?.of(host.node) ?? null) !== null;
    },
  };
}
