import { YamlFloat, YamlTimestamp } from '../../core/config/yaml-value.ts';
import { YamlFault } from './yaml-node.ts';
import { scalarValue, yamlTag } from './scalars.ts';
import type { YamlKey, YamlValue } from '../../core/config/yaml-value.ts';
import type { MappingNode, NodePair, ScalarNode, SequenceNode, YamlNode } from './yaml-node.ts';

/** The value of a node by the rules of PyYAML's SafeConstructor. Aliased nodes give the same value object. Throws YamlFault. */
export function construct(node: YamlNode): YamlValue {
  if (node.value === undefined) node.value = constructOnce(node);
  return node.value;
}

function constructOnce(node: YamlNode): YamlValue {
  if (!node.tag.startsWith(yamlTag)) return refuseTag(node);
  switch (node.kind) {
    case 'scalar':
      return fromScalar(node);
    case 'sequence':
      return fromSequence(node);
    case 'mapping':
      return fromMapping(node);
  }
}

const scalarTags = new Set(['str', 'null', 'bool', 'int', 'float', 'timestamp', 'binary']);

function fromScalar(node: ScalarNode): YamlValue {
  const short = node.tag.slice(yamlTag.length);
  if (!scalarTags.has(short)) return refuseTag(node);
  const value = scalarValue(node.tag, node.text);
  if (value === undefined) throw new YamlFault(node.at, `'${node.text}' is no valid ${short}`);
  return value;
}

function fromSequence(node: SequenceNode): YamlValue {
  switch (node.tag.slice(yamlTag.length)) {
    case 'seq':
      return node.items.map(construct);
    case 'omap':
    case 'pairs':
      return node.items.map((item) => onlyPair(node, item));
    default:
      return refuseTag(node);
  }
}

/** `!!omap` and `!!pairs` become lists of two-element lists, PyYAML's tuples. */
function onlyPair(list: SequenceNode, item: YamlNode): YamlValue {
  const [pair, ...others] = item.kind === 'mapping' ? item.pairs : [];
  if (pair === undefined || others.length > 0) {
    throw new YamlFault(item.at, `each item of !!${list.tag.slice(yamlTag.length)} must be a map of one key`);
  }
  return [construct(pair[0]), construct(pair[1])];
}

function fromMapping(node: MappingNode): YamlValue {
  switch (node.tag.slice(yamlTag.length)) {
    case 'map':
      return toMap(node);
    case 'set':
      return new Set(toMap(node).keys());
    default:
      return refuseTag(node);
  }
}

function refuseTag(node: YamlNode): never {
  const short = node.tag.startsWith(yamlTag) ? `!!${node.tag.slice(yamlTag.length)}` : node.tag;
  if (short === '!!value') throw new YamlFault(node.at, `a lone '=' has no meaning; quote it`);
  if (short === '!!merge') throw new YamlFault(node.at, `'<<' is only a key; quote it`);
  throw new YamlFault(node.at, `there is no tag '${short}' for a ${node.kind}`);
}

/** A repeated key keeps its first place and takes the last value, and numbers are equal as in Python: `1`, `1.0` and `true` are one key. */
function toMap(node: MappingNode): Map<YamlKey, YamlValue> {
  const map = new Map<YamlKey, YamlValue>();
  const firstOf = new Map<string, YamlKey>();
  for (const [keyNode, valueNode] of mergedPairs(node)) {
    const written = keyOf(keyNode);
    const key = typeof written === 'string' ? written : firstEqual(firstOf, written);
    map.set(key, construct(valueNode));
  }
  return map;
}

function keyOf(node: YamlNode): YamlKey {
  if (node.tag === `${yamlTag}value`) return '=';
  const value = construct(node);
  if (isKey(value)) return value;
  throw new YamlFault(node.at, 'a key must be a scalar');
}

function isKey(value: YamlValue): value is YamlKey {
  if (value === null || typeof value !== 'object') return true;
  return value instanceof YamlFloat || value instanceof YamlTimestamp;
}

function firstEqual(firstOf: Map<string, YamlKey>, key: YamlKey): YamlKey {
  const identity = keyIdentity(key);
  const first = firstOf.get(identity);
  if (first !== undefined) return first;
  firstOf.set(identity, key);
  return key;
}

function keyIdentity(key: YamlKey): string {
  if (key === null) return 'null';
  if (key instanceof YamlTimestamp) return `${key.kind} ${key.iso}`;
  if (typeof key === 'bigint') return `number ${key}`;
  const number = Number(key);
  return Number.isInteger(number) ? `number ${BigInt(number)}` : `number ${number}`;
}

/**
 * The pairs with merge keys replaced by what they bring: those come first, so that the mapping's own pairs win;
 * in a list of merges the earlier win over the later.
 */
function mergedPairs(node: MappingNode): readonly NodePair[] {
  node.merged ??= flatten(node);
  return node.merged;
}

function flatten(node: MappingNode): readonly NodePair[] {
  const isMerge = ([key]: NodePair): boolean => key.tag === `${yamlTag}merge`;
  if (!node.pairs.some(isMerge)) return node.pairs;
  const brought = node.pairs.filter(isMerge).flatMap(([, value]) => broughtBy(value));
  return [...brought, ...node.pairs.filter((pair) => !isMerge(pair))];
}

function broughtBy(value: YamlNode): readonly NodePair[] {
  if (value.kind === 'mapping') return mergedPairs(value);
  if (value.kind === 'scalar') throw new YamlFault(value.at, `'<<' needs a map or a list of maps`);
  return value.items.toReversed().flatMap((item) => {
    if (item.kind === 'mapping') return mergedPairs(item);
    throw new YamlFault(item.at, `'<<' needs a map or a list of maps`);
  });
}
