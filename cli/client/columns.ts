import { stripVTControlCharacters } from 'node:util';

/** One column of a table for people. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null; // null prints as `-`
  readonly align?: 'left' | 'right';
}

/** Aligned columns, the last one unpadded, with a heading line; no lines at all for no rows. Control characters are taken out. */
export function columns<Row>(rows: readonly Row[], shape: readonly Column<Row>[]): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map((row) => shape.map((column) => cell(column.value(row))));
  const all = [shape.map((column) => column.title), ...cells];
  const widths = shape.map((_, index) => Math.max(...all.map((line) => line[index]?.length ?? 0)));
  return all.map((line) =>
    line
      .map((text, index) => padded(text, widths[index] ?? 0, shape[index]?.align ?? 'left'))
      .join('  ')
      .trimEnd(),
  );
}

/** Text from elsewhere that is safe on a terminal: one line, no control characters. */
export function plainLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
}

function cell(value: string | number | null): string {
  return value === null || value === '' ? '-' : plainLine(String(value));
}

function padded(text: string, width: number, align: 'left' | 'right'): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}
