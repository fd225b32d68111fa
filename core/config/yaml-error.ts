import { printable } from './printable.ts';

/**
 * Text that is not the YAML we accept. The message is one sentence that begins with the place, in the form editors
 * can jump to, and ends with the line that broke.
 */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  readonly file: string | null; // null = the text has no name
  readonly line: number; // from 1
  readonly column: number; // from 1
  readonly reason: string;
  constructor(params: {
    file: string | null;
    line: number;
    column: number;
    reason: string;
    lineText: string;
    cause?: unknown;
  }) {
    const place = `${params.file ?? 'YAML'}:${params.line}:${params.column}`;
    const shown = printable(params.lineText.trim().slice(0, 120));
    super(`${place}: ${params.reason}${shown === '' ? '' : `, in: ${shown}`}`, { cause: params.cause });
    this.file = params.file;
    this.line = params.line;
    this.column = params.column;
    this.reason = params.reason;
  }
}
