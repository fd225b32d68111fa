import type { YamlValue } from '../../core/config/yaml-value.ts';

/** A place where the text stops being acceptable; turned into a YamlError by whoever knows the file's name. */
export class YamlFault extends Error {
  override readonly name = 'YamlFault';
  readonly at: number; // offset into the text
  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}

interface NodeBase {
  readonly tag: string; // resolved, in full
  readonly at: number; // offset into the text
  value?: YamlValue; // once constructed: aliases share it
}
export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  readonly text: string;
}
export interface SequenceNode extends NodeBase {
  readonly kind: 'sequence';
  readonly items: YamlNode[];
}
export interface MappingNode extends NodeBase {
  readonly kind: 'mapping';
  readonly pairs: NodePair[];
  merged?: readonly NodePair[]; // once merge keys are resolved
}
export type NodePair = readonly [key: YamlNode, value: YamlNode];

/** What the text says, before tags become values; an alias is the very node that its anchor names. */
export type YamlNode = ScalarNode | SequenceNode | MappingNode;
