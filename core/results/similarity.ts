/** Longer texts are compared by their first words only, so that a comparison stays cheap. */
const mostWords = 400;

/** The words of a text without what differs from job to job: numbers, hashes, addresses. Compare these with `similarity`. */
export function comparableWords(text: string): readonly string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return words.slice(0, mostWords).map((word) => word.replace(/0x[0-9a-f]+|[0-9a-f]{7,}|\d+/gi, '#'));
}

/**
 * How alike two texts are, 0 to 1: twice the longest common subsequence of words by the number of all words. Costs the product of
 * the lengths, which `comparableWords` bounds.
 */
export function similarity(one: readonly string[], other: readonly string[]): number {
  const total = one.length + other.length;
  if (total === 0) return 1;
  // Nothing can be more alike than the shorter one is long.
  if ((2 * Math.min(one.length, other.length)) / total <= 0.01) return 0;
  let above = new Uint16Array(other.length + 1);
  for (const word of one) {
    const row = new Uint16Array(other.length + 1);
    for (let column = 1; column <= other.length; column++) {
      const same = word === other[column - 1];
      row[column] = same ? (above[column - 1] ?? 0) + 1 : Math.max(above[column] ?? 0, row[column - 1] ?? 0);
    }
    above = row;
  }
  return (2 * (above[other.length] ?? 0)) / total;
}
