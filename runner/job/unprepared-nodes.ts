import { systemWishes } from '../../core/config/job-requirements.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import { mismatchesAsItIs } from '../../core/locks/match.ts';
import type { Node } from '../../core/locks/node.ts';
import { withoutSnapshots } from '../engine/snapshot.ts';
import type { JobNodes } from './job-nodes.ts';

/** A job is to run where nobody can make its nodes what it asks for. */
class UnpreparedNodeError extends Error {
  override readonly name = 'UnpreparedNodeError';
}

/**
 * For jobs that run where the providers of their nodes are not, as those of workers: null when the nodes are what the job asks for as they
 * are; else nodes whose preparation says that they are not.
 */
export function unpreparedNodes(nodes: readonly Node[], config: YamlMap): JobNodes | null {
  const problem = unpreparedProblem(nodes, config);
  if (problem === null) return null;
  return {
    prepare: () => Promise.reject(new UnpreparedNodeError(problem)),
    follow: (target, make) => make(target),
    takeSnapshot: withoutSnapshots,
    hasGuess: () => false,
  };
}

/** Which node is not what a job asks for, as one sentence; null = all are. */
export function unpreparedProblem(
  nodes: readonly Parameters<typeof mismatchesAsItIs>[0][],
  config: YamlMap,
): string | null {
  const systems = systemWishes(config);
  for (const [index, node] of nodes.entries()) {
    const wish = systems[index] ?? { osType: null, osVersion: null };
    const reasons = mismatchesAsItIs(node, wish);
    if (reasons.length > 0)
      return `${node.name} ${reasons.join(' and ')}: nobody here makes it that, as the docker provider does for jobs that run beside its engine`;
  }
  return null;
}
