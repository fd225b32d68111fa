/** What a description of a suite comes to: named columns and rows of text. */
export interface Table {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One line of JSON as Python writes it: spaces after `,` and `:`, nothing but ASCII; empty cells are left out. */
export function jsonText({ headers, rows }: Table): string {
  const data = rows.map((row) => {
    // A name that two columns have stands once, at its first place, with the last value.
    const cells = new Map(headers.map((header, index) => [header, row[index] ?? '']).filter(isFilled));
    return `{${[...cells].map(([header, cell]) => `${ascii(header)}: ${ascii(cell)}`).join(', ')}}`;
  });
  return `{"headers": [${headers.map(ascii).join(', ')}], "data": [${data.join(', ')}]}\n`;
}

function isFilled(entry: readonly string[]): entry is [string, string] {
  return entry[1] !== '';
}

function ascii(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Comma-separated values as RFC 4180 has them; quotes only where they are needed. */
export function csvText({ headers, rows }: Table): string {
  return [headers, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: string, _: number, row: readonly string[]): string {
  const needsQuotes = /[",\r\n]/.test(cell) || (cell === '' && row.length === 1);
  return needsQuotes ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** A table in a frame, cells left-aligned and of as many lines as they have; `ruled` draws a line after every row. */
export function plainText({ headers, rows }: Table, { ruled }: { ruled: boolean }): string {
  const cells = [headers, ...rows].map((row) => headers.map((_, index) => linesOf(row[index] ?? '')));
  const widths = headers.map((_, index) =>
    Math.max(...cells.flatMap((row) => (row[index] ?? []).map(textWidth))),
  );
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const [head = [], ...body] = cells.map((row) => rowLines(row, widths));
  const lines = [rule, ...head, rule, ...body.flatMap((row) => (ruled ? [...row, rule] : row))];
  return `${(ruled ? lines : [...lines, rule]).join('\n')}\n`;
}

function linesOf(cell: string): string[] {
  return cell.split('\n');
}

function rowLines(row: readonly (readonly string[])[], widths: readonly number[]): string[] {
  const height = Math.max(1, ...row.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const padded = row.map((lines, index) => {
      const text = lines[line] ?? '';
      return ` ${text}${' '.repeat((widths[index] ?? 0) - textWidth(text))} `;
    });
    return `|${padded.join('|')}|`;
  });
}

/** Columns on a terminal: East Asian wide characters take two, combining marks none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) continue;
    width += wide.test(character) ? 2 : 1;
  }
  return width;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
