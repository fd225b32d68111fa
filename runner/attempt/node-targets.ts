import type { YamlMap, YamlValue } from '../../core/config/yaml-value.ts';
import type { Node } from '../../core/locks/node.ts';

/** The `targets` of a job that was given these nodes, so that the archived config runs the job again by hand. */
export function nodeTargets(nodes: readonly Node[]): YamlMap {
  return new Map(nodes.map((node) => [`${node.user}@${node.name}`, targetOf(node)]));
}

/** A node that is where its name says is written as the original writes it, as its host key. */
function targetOf(node: Node): YamlValue {
  if (node.address === node.name && node.port === 22 && node.identityFile === null) return node.hostKey;
  const target = new Map<string, YamlValue>([
    ['address', node.address],
    ['port', node.port],
  ]);
  if (node.hostKey !== null) target.set('key', node.hostKey);
  if (node.identityFile !== null) target.set('identity', node.identityFile);
  return target;
}
