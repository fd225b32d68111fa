import {
  COLLECTION_STYLE,
  DEFAULT_SCALAR_STYLE_RULES,
  DUMP_SCHEMA,
  SCALAR_STYLE,
  defineScalarTag,
  present,
} from 'js-yaml';
import { YamlFloat, YamlTimestamp, isYamlMap } from '../../core/config/yaml-value.ts';
import { tagOfPlain, yamlTag } from './scalars.ts';
import type { Node, ScalarLayout, Schema } from 'js-yaml';
import type { YamlValue } from '../../core/config/yaml-value.ts';

/**
 * Block style as PyYAML prints it: keys in map order, list items level with their key, no folding, so that equal values give equal
 * text. Nothing is aliased: shared parts are written out.
 */
export function printYaml(value: YamlValue): string {
  const contents = toNode(value);
  return present([{ contents, directives: [] }], {
    schema: quotingSchema,
    scalarStyleRules: [quoteWhatParsersReadApart, ...Object.values(DEFAULT_SCALAR_STYLE_RULES)],
    seqNoIndent: true,
    lineWidth: -1,
  });
}

/** Block text at the top has no agreed indentation, and text that begins like a document marker is one to some readers. */
function quoteWhatParsersReadApart(layout: ScalarLayout): void {
  const text = layout.node.value;
  const isBlockAtTop = layout.parent === null && text.includes('\n');
  if (isBlockAtTop || /^(?:---|\.\.\.)/.test(text)) layout.style = SCALAR_STYLE.DOUBLE_QUOTED;
}

/** Quotes whatever PyYAML would not read back as text, and also what other YAML readers would not. */
const quotingSchema: Schema = DUMP_SCHEMA.withTags(
  DUMP_SCHEMA.tags.map((tag) => {
    if (tag.nodeKind !== 'scalar' || !tag.implicit) return tag;
    return defineScalarTag<unknown>(tag.tagName, {
      implicit: true,
      identify: () => false,
      resolve: (text, isExplicit, name) =>
        tagOfPlain(text) === tag.tagName ? text : tag.resolve(text, isExplicit, name),
    });
  }),
);

function toNode(value: YamlValue): Node {
  if (value === null) return scalar('null', 'null');
  switch (typeof value) {
    case 'string':
      return scalar('str', value);
    case 'boolean':
      return scalar('bool', String(value));
    case 'bigint':
      return scalar('int', String(value));
    case 'number':
      return numberNode(value);
    default:
      return objectNode(value);
  }
}

function objectNode(value: Exclude<YamlValue, null | string | boolean | bigint | number>): Node {
  if (value instanceof YamlFloat) return scalar('float', dotted(value.toString()));
  if (value instanceof YamlTimestamp) return scalar('timestamp', value.iso.replace('T', ' '));
  if (value instanceof Uint8Array)
    return tagged(scalar('str', Buffer.from(value).toString('base64')), '!!binary');
  if (value instanceof Set)
    return tagged(mappingNode(new Map([...value].map((item) => [item, null]))), '!!set');
  if (isYamlMap(value)) return mappingNode(value);
  const items = (value as readonly YamlValue[]).map(toNode);
  return { kind: 'sequence', tag: `${yamlTag}seq`, tagged: false, style: COLLECTION_STYLE.BLOCK, items };
}

function mappingNode(map: ReadonlyMap<YamlValue, YamlValue>): Node {
  const items = [...map].map(([key, value]) => ({ key: toNode(key), value: toNode(value) }));
  return { kind: 'mapping', tag: `${yamlTag}map`, tagged: false, style: COLLECTION_STYLE.BLOCK, items };
}

function scalar(tag: string, value: string): Node {
  return { kind: 'scalar', tag: `${yamlTag}${tag}`, tagged: false, style: SCALAR_STYLE.PLAIN, value };
}

function tagged(node: Node, tag: string): Node {
  return { ...node, tag, tagged: true } as Node;
}

function numberNode(value: number): Node {
  if (Number.isNaN(value)) return scalar('float', '.nan');
  if (!Number.isFinite(value)) return scalar('float', value > 0 ? '.inf' : '-.inf');
  if (Number.isInteger(value)) return scalar('int', String(BigInt(value)));
  return scalar('float', dotted(Math.abs(value) < 1e-4 ? value.toExponential() : String(value)));
}

/** YAML 1.1 floats need a dot before the exponent, and Python writes two digits in it. */
function dotted(text: string): string {
  const [mantissa = '', exponent] = text.split('e');
  if (exponent === undefined) return text;
  const digits = exponent.slice(1).padStart(2, '0');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}e${exponent[0]}${digits}`;
}
