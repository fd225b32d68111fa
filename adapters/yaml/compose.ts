import { EVENT_ID, SCALAR_STYLE, getScalarValue } from 'js-yaml';
import { tagOfPlain, yamlTag } from './scalars.ts';
import { YamlFault } from './yaml-node.ts';
import type { AliasEvent, DocumentEvent, Event, MappingEvent, ScalarEvent, SequenceEvent } from 'js-yaml';
import type { MappingNode, ScalarNode, SequenceNode, YamlNode } from './yaml-node.ts';

interface Anchor {
  readonly node: YamlNode;
  size: number | null; // values in it with aliases written out; null while it is open
}
interface OpenNode {
  readonly node: SequenceNode | MappingNode | null; // null = the document itself
  readonly anchor: Anchor | null;
  readonly sizeBefore: number;
  key: YamlNode | null;
}
interface Composer {
  readonly text: string;
  readonly expansionLimit: number;
  readonly anchors: Map<string, Anchor>;
  readonly open: OpenNode[];
  handles: ReadonlyMap<string, string>; // of the %TAG lines
  documents: number;
  size: number; // values so far, with aliases written out
  at: number;
  root: YamlNode | null;
}

/**
 * The tree of the text's only document, or null when there is none. `expansionLimit` bounds how many values the
 * document has when every alias is written out, which is what printing or copying it costs. Throws YamlFault.
 */
export function compose(text: string, events: readonly Event[], expansionLimit: number): YamlNode | null {
  const state: Composer = {
    text,
    expansionLimit,
    anchors: new Map(),
    open: [],
    handles: new Map(),
    documents: 0,
    size: 0,
    at: 0,
    root: null,
  };
  for (const event of events) take(state, event);
  return state.root;
}

function take(state: Composer, event: Event): void {
  state.at = startOf(event) ?? state.at;
  switch (event.type) {
    case EVENT_ID.DOCUMENT:
      return openDocument(state, event);
    case EVENT_ID.SCALAR:
      return takeScalar(state, event);
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING:
      return openCollection(state, event);
    case EVENT_ID.ALIAS:
      return takeAlias(state, event);
    case EVENT_ID.POP:
      return close(state);
  }
}

function startOf(event: Event): number | null {
  if (!('anchorStart' in event)) return null;
  const starts = [event.anchorStart - 1];
  if ('tagStart' in event) starts.push(event.tagStart);
  if ('start' in event) starts.push(event.start);
  if ('valueStart' in event) starts.push(event.valueStart);
  const known = starts.filter((start) => start >= 0);
  return known.length === 0 ? null : Math.min(...known);
}

function openDocument(state: Composer, event: DocumentEvent): void {
  state.documents += 1;
  if (state.documents > 1) {
    throw new YamlFault(secondDocument(state), 'a second document begins, only one is accepted');
  }
  const tags = event.directives.filter((directive) => directive.kind === 'tag');
  state.handles = new Map(tags.map((directive) => [directive.handle, directive.prefix]));
  state.open.push({ node: null, anchor: null, sizeBefore: 0, key: null });
}

/** Document events carry no place, so it is the first marker line after the last thing read. */
function secondDocument(state: Composer): number {
  const marker = state.text.slice(state.at).search(/^---/m);
  return marker < 0 ? state.at : state.at + marker;
}

function takeScalar(state: Composer, event: ScalarEvent): void {
  const text = scalarText(state, event);
  const given = tagOf(state, event);
  const isPlain = event.style === SCALAR_STYLE.PLAIN || given === '!';
  const tag = given === null || given === '!' ? (isPlain ? tagOfPlain(text) : `${yamlTag}str`) : given;
  const node: ScalarNode = { kind: 'scalar', tag, text, at: state.at };
  grow(state, 1);
  define(state, event, { node, size: 1 });
  if (startOf(event) === null && awaitsKey(state))
    throw new YamlFault(state.at, `a key is missing before ':'`);
  add(state, node);
  if (event.valueEnd >= 0) state.at = event.valueEnd;
}

/** Block text differs from YAML 1.2: it must be indented, and the end of the file is not a line break. */
function scalarText(state: Composer, event: ScalarEvent): string {
  const text = getScalarValue(state.text, event);
  if (event.style !== SCALAR_STYLE.LITERAL_BLOCK && event.style !== SCALAR_STYLE.FOLDED_BLOCK) return text;
  if (event.indent === 0) throw new YamlFault(state.at, 'block text must be indented');
  const isUnfinished = event.valueEnd === state.text.length && !/[\r\n]$/.test(state.text);
  return isUnfinished && text.endsWith('\n') ? text.slice(0, -1) : text;
}

function awaitsKey(state: Composer): boolean {
  const parent = state.open.at(-1);
  return parent?.node?.kind === 'mapping' && parent.key === null;
}

function openCollection(state: Composer, event: SequenceEvent | MappingEvent): void {
  const given = tagOf(state, event);
  const isSequence = event.type === EVENT_ID.SEQUENCE;
  const tag = given === null || given === '!' ? `${yamlTag}${isSequence ? 'seq' : 'map'}` : given;
  const node: SequenceNode | MappingNode = isSequence
    ? { kind: 'sequence', tag, at: state.at, items: [] }
    : { kind: 'mapping', tag, at: state.at, pairs: [] };
  const anchor = define(state, event, { node, size: null });
  state.open.push({ node, anchor, sizeBefore: state.size, key: null });
  grow(state, 1);
}

function takeAlias(state: Composer, event: AliasEvent): void {
  const label = state.text.slice(event.anchorStart, event.anchorEnd);
  const anchor = state.anchors.get(label);
  if (anchor === undefined) throw new YamlFault(state.at, `the alias '*${label}' has no anchor before it`);
  if (anchor.size === null) {
    throw new YamlFault(state.at, `the alias '*${label}' stands inside its own anchor`);
  }
  grow(state, anchor.size);
  add(state, anchor.node);
}

function close(state: Composer): void {
  const closed = state.open.pop();
  if (closed === undefined || closed.node === null) return;
  if (closed.anchor !== null) closed.anchor.size = state.size - closed.sizeBefore;
  add(state, closed.node);
}

function grow(state: Composer, by: number): void {
  state.size += by;
  if (state.size <= state.expansionLimit) return;
  throw new YamlFault(state.at, `the document stands for more than ${state.expansionLimit} values`);
}

function define(
  state: Composer,
  event: ScalarEvent | SequenceEvent | MappingEvent,
  anchor: Anchor,
): Anchor | null {
  if (event.anchorStart < 0) return null;
  const label = state.text.slice(event.anchorStart, event.anchorEnd);
  if (!/^[\w-]+$/.test(label)) throw new YamlFault(event.anchorStart, `'&${label}' cannot be an anchor name`);
  if (state.anchors.has(label))
    throw new YamlFault(event.anchorStart, `the anchor '&${label}' is defined twice`);
  state.anchors.set(label, anchor);
  return anchor;
}

function add(state: Composer, node: YamlNode): void {
  const parent = state.open.at(-1);
  if (parent === undefined || parent.node === null) {
    state.root = node;
  } else if (parent.node.kind === 'sequence') {
    parent.node.items.push(node);
  } else if (parent.key === null) {
    parent.key = node;
  } else {
    parent.node.pairs.push([parent.key, node]);
    parent.key = null;
  }
}

/** The written tag in full, `!` when only that is written, null when nothing is. */
function tagOf(state: Composer, event: ScalarEvent | SequenceEvent | MappingEvent): string | null {
  if (event.tagStart < 0) return null;
  const written = state.text.slice(event.tagStart, event.tagEnd);
  if (written === '!') return written;
  if (written.startsWith('!<')) return decodeTag(written.slice(2, -1));
  const end = written.indexOf('!', 1);
  const handle = end < 0 ? '!' : written.slice(0, end + 1);
  const prefix = state.handles.get(handle) ?? (handle === '!!' ? yamlTag : handle);
  return decodeTag(prefix + written.slice(handle.length));
}

function decodeTag(tag: string): string {
  try {
    return decodeURIComponent(tag);
  } catch {
    return tag;
  }
}
