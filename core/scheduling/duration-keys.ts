import { machineTypes } from '../locks/match.ts';

/**
 * Under which names the time of a job is remembered, the most telling first: the machine types with the description, but for the
 * facets that the seed of a run chooses, and the machine types with the suite. Both are the same in every run of a suite. A job
 * whose description is no suite's has only the first, and one without a description has none.
 */
export function durationKeys(job: { readonly machineType: string; readonly description: string }): string[] {
  const { description } = job;
  if (description.trim() === '') return [];
  const types = machineTypes(job.machineType).sort().join();
  const brace = description.indexOf('{');
  const suite = brace < 0 ? null : description.slice(0, brace).replace(/\/+$/, '');
  const keys = [`${types} ${withoutChosen(description)}`];
  if (suite !== null && suite !== '') keys.push(`${types} ${suite}/`);
  return keys.map((key) => key.slice(0, longestKey));
}

/** Stores have limits for keys; what differs only behind this is taken for the same. */
const longestKey = 900;

/** `a/{b$/{x} c/{y}}` is `a/{b$ c/{y}}`: what stands in the braces of a folder whose name ends in `$` was chosen at random. */
function withoutChosen(description: string): string {
  let kept = '';
  for (let rest = description; ;) {
    const start = rest.indexOf('$/{');
    if (start < 0) return kept + rest;
    kept += rest.slice(0, start + 1);
    rest = rest.slice(endOfBraces(rest, start + 2));
  }
}

/** The place behind the brace that closes the one at `open`; the end of the text when none does. */
function endOfBraces(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}
