import { visible } from '../visible.ts';

/** Lines of a log as they are laid out: each takes one row, or several where it is wrapped at `columns`. */
export interface Layout {
  readonly rows: number;
  /** The first row of a line. */
  rowOf(line: number): number;
  /** The line that a row belongs to. */
  lineAt(row: number): number;
}

/** A line as it is shown: readable whatever is in it, tabs as spaces. */
export function shown(line: string): string {
  return visible(line.replaceAll('\t', '        '));
}

/** Lays lines out; `columns` null = no wrapping. */
export function layOut(lines: readonly string[], columns: number | null): Layout {
  if (columns === null) return { rows: lines.length, rowOf: (line) => line, lineAt: (row) => row };
  const starts = new Uint32Array(lines.length + 1);
  for (const [index, line] of lines.entries())
    starts[index + 1] = (starts[index] ?? 0) + Math.max(1, Math.ceil(widthOf(line) / columns));
  const start = (line: number) => starts[Math.min(line, lines.length)] ?? 0;
  return {
    rows: start(lines.length),
    rowOf: start,
    lineAt: (row) => {
      let [low, high] = [0, lines.length];
      while (low < high - 1) {
        const middle = (low + high) >> 1;
        if (start(middle) <= row) low = middle;
        else high = middle;
      }
      return low;
    },
  };
}

/** The level that a line of a job's log has, as far as it matters for the eye. */
export function levelOf(line: string): 'error' | 'warning' | 'debug' | null {
  const level = /^\S{10}[T ]\S+ (DEBUG|WARNING|ERROR|CRITICAL):/.exec(line)?.[1];
  if (level === 'DEBUG') return 'debug';
  if (level === 'WARNING') return 'warning';
  return level === undefined ? null : 'error';
}

const errorSigns =
  /^\S{10}[T ]\S+ (ERROR|CRITICAL):|Traceback \(most recent call last\)|\*\*\* Caught signal|FAILED (ceph_)?assert|[Ss]egmentation fault/;

/** Whether somebody who looks for what went wrong wants to see this line. */
export function isError(line: string): boolean {
  return errorSigns.test(line);
}

/** The next line from `from` on, in a direction, that fits; goes around at the end. -1 = none. */
export function findLine(count: number, from: number, step: 1 | -1, fits: (line: number) => boolean): number {
  for (let tried = 0; tried < count; tried += 1) {
    const line = (((from + step * tried) % count) + count) % count;
    if (fits(line)) return line;
  }
  return -1;
}

function widthOf(line: string): number {
  if (/^[ -~]*$/.test(line)) return line.length;
  // Characters of two columns beyond ASCII; those beyond the first plane are two units already.
  return (
    line.length +
    (line.match(
      /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/g,
    )?.length ?? 0)
  );
}
