/** A text in quotes as Python's repr() writes it: the form that tools grep failure reasons for. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = quote;
  for (const char of text) out += escaped(char, quote);
  return out + quote;
}

const named: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(char: string, quote: string): string {
  if (char === quote) return `\\${char}`;
  const short = named[char];
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20 || (code >= 0x7f && code < 0xa1) || code === 0xad) return `\\x${hex(code, 2)}`;
  if (code < 0x80 || isPrintable(char)) return char;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

/** Python prints everything but the Unicode groups "other" and "separator", of which the plain space is an exception. */
function isPrintable(char: string): boolean {
  return !/^[\p{C}\p{Z}]$/u.test(char);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** What the messages of failed commands say about the command. */
export interface FailedCommand {
  readonly host: string | null;
  readonly command: string;
  readonly label?: string | null;
}

/** `Command failed (LABEL) on NODE with status N: 'CMD'`. */
export function commandFailedText(failed: FailedCommand & { exitStatus: number }): string {
  return `Command failed${where(failed)} with status ${failed.exitStatus}: ${pythonRepr(failed.command)}`;
}

/** `Command crashed: 'CMD'`, for a command that a signal ended. */
export function commandCrashedText(failed: FailedCommand): string {
  return `Command crashed: ${pythonRepr(failed.command)}`;
}

/** `SSH connection to NODE was lost: 'CMD'`. */
export function connectionLostText(failed: FailedCommand): string {
  const to = failed.host === null ? '' : ` to ${failed.host}`;
  return `SSH connection${to} was lost: ${pythonRepr(failed.command)}`;
}

/** `Command timed out (LABEL) on NODE after N seconds: 'CMD'`. */
export function commandTimedOutText(failed: FailedCommand & { afterMs: number }): string {
  return `Command timed out${where(failed)} after ${failed.afterMs / 1000} seconds: ${pythonRepr(failed.command)}`;
}

/** `Command canceled (LABEL) on NODE: 'CMD'`. */
export function commandCanceledText(failed: FailedCommand): string {
  return `Command canceled${where(failed)}: ${pythonRepr(failed.command)}`;
}

/** `Unit test failed (LABEL) on NODE with status N: 'what failed'`. */
export function unitTestFailedText(failed: FailedCommand & { exitStatus: number; findings: string }): string {
  return `Unit test failed${where(failed)} with status ${failed.exitStatus}: ${pythonRepr(failed.findings)}`;
}

function where({ label, host }: FailedCommand): string {
  return `${label ? ` (${label})` : ''}${host === null ? '' : ` on ${host}`}`;
}
