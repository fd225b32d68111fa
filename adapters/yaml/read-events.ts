import { YAMLException, parseEvents } from 'js-yaml';
import type { Event } from 'js-yaml';

/** The events of a text, with the text that their offsets point into. */
export interface ReadEvents {
  readonly text: string; // the given one, with some lines indented and some dashes quoted
  readonly events: readonly Event[];
  readonly added: AddedBlanks;
}

/** How many blanks were put before which lines, counted from 0. */
export type AddedBlanks = ReadonlyMap<number, number>;

/** Where the text cannot be parsed, in a text as in ReadEvents. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
  readonly text: string;
  readonly at: number; // offset into `text`
  readonly added: AddedBlanks;
  constructor(params: { text: string; added: AddedBlanks; cause: YAMLException }) {
    super(params.cause.reason, { cause: params.cause });
    this.text = params.text;
    this.at = params.cause.mark?.position ?? 0;
    this.added = params.added;
  }
}

const maxDepth = 200;
const maxWork = 20_000_000; // characters parsed in all attempts, some seconds
const widths = [16, 400]; // deeper than most nesting, then than any

/**
 * Parses a text. YAML 1.1 lets lines within brackets and quotes begin anywhere, as in `roles: [` ... `]`, where YAML 1.2 wants
 * them indented; blanks there mean nothing, so such lines are indented and the text is parsed again. In the same way a dash
 * alone between commas, as in `[a, -, b]`, is quoted: it is text to PyYAML. Throws UnreadableError.
 */
export function readEvents(given: string): ReadEvents {
  const added = new Map<number, number>();
  let text = given;
  for (let work = text.length; ; work += text.length) {
    try {
      return { text, events: parseEvents(text, { maxDepth }), added };
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      const at = error.mark?.position ?? 0;
      if (/^-[,\]}]/.test(text.slice(at, at + 2)) && work <= maxWork) {
        text = `${text.slice(0, at)}'-'${text.slice(at + 1)}`;
        continue;
      }
      const line = error.mark?.line ?? 0;
      const before = added.get(line) ?? 0;
      const width = widths.find((each) => each > before);
      if (error.reason !== 'deficient indentation' || width === undefined || work > maxWork) {
        throw new UnreadableError({ text, added, cause: error });
      }
      text = insertBlanks(text, at, width - before);
      added.set(line, width);
    }
  }
}

/** Puts blanks before the line that an offset is in. */
function insertBlanks(text: string, at: number, count: number): string {
  const before = text.slice(0, at);
  const start = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1;
  return `${text.slice(0, start)}${' '.repeat(count)}${text.slice(start)}`;
}
