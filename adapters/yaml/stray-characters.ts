import { EVENT_ID, SCALAR_STYLE } from 'js-yaml';
import { YamlFault } from './yaml-node.ts';
import type { Event } from 'js-yaml';

/** Control characters, halves of surrogate pairs, and the three characters that are line breaks to YAML 1.1 only. */
const unprintable = /[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Refuses characters that a YAML text cannot hold as they are. Throws YamlFault. */
export function refuseControlCharacters(text: string): void {
  const found = unprintable.exec(text);
  if (found === null) return;
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  throw new YamlFault(found.index, `the character U+${code} must be written as an escape`);
}

/** Refuses tabs outside quotes, block text and comments, as YAML 1.1 does. Throws YamlFault. */
export function refuseTabs(text: string, events: readonly Event[]): void {
  if (!text.includes('\t')) return;
  let from = 0;
  for (const event of events) {
    if (event.type !== EVENT_ID.SCALAR || event.valueStart < 0) continue;
    refuseTabBetween(text.slice(from, event.valueStart), from);
    if (event.style === SCALAR_STYLE.PLAIN)
      refuseTabIn(text.slice(event.valueStart, event.valueEnd), event.valueStart);
    from = event.valueEnd;
  }
  refuseTabBetween(text.slice(from), from);
}

function refuseTabIn(plain: string, offset: number): void {
  const tab = plain.indexOf('\t');
  if (tab >= 0)
    throw new YamlFault(offset + tab, 'a tab stands in plain text; use spaces, or quote the text');
}

function refuseTabBetween(gap: string, offset: number): void {
  const withoutComments = gap.replace(/(?<=^|\s)#.*/gm, (comment) => '#'.repeat(comment.length));
  const tab = withoutComments.indexOf('\t');
  if (tab >= 0) throw new YamlFault(offset + tab, 'a tab stands between values; use spaces');
}
