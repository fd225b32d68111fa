/** What a YAML text says before tags become values; an alias is the very node that its anchor names. */
export type WrittenNode = WrittenScalarNode | WrittenSequence | WrittenMapping;

interface Written {
  readonly tag: string; // resolved, in full
  readonly at: number; // offset into the text
}
export interface WrittenScalarNode extends Written {
  readonly kind: 'scalar';
  readonly text: string;
}
interface WrittenSequence extends Written {
  readonly kind: 'sequence';
  readonly items: readonly WrittenNode[];
}
export interface WrittenMapping extends Written {
  readonly kind: 'mapping';
  readonly pairs: readonly WrittenPair[];
}
export type WrittenPair = readonly [key: WrittenNode, value: WrittenNode];

/** Reads a text that YamlCodec can parse into nodes, with the text that their offsets point into; may throw for any other. */
export type ReadWritten = (text: string) => { readonly root: WrittenNode | null; readonly text: string };
