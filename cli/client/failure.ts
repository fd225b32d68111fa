import { CommanderError, InvalidArgumentError } from 'commander';
import { EnvironmentError } from '../environment.ts';
import { LabUnreachableError } from './lab-client.ts';
import { LabRunningError } from '../lab/folder-lock.ts';

/** Input that a word cannot work with; the message is the whole answer. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** What to print for an error and how to exit: 1 = refused, 2 = the lab or the surroundings are not there. A stack only for what nobody expected. */
export function failureOf(error: unknown): { text: string; exitCode: number } {
  if (error instanceof CommanderError) return { text: '', exitCode: error.exitCode };
  if (
    error instanceof LabUnreachableError ||
    error instanceof EnvironmentError ||
    error instanceof LabRunningError
  ) {
    return { text: error.message, exitCode: 2 };
  }
  return { text: isExplained(error) ? error.message : stackOf(error), exitCode: 1 };
}

const builtIn = new Set<unknown>([Error, TypeError, RangeError, ReferenceError, SyntaxError, AggregateError]);

/** An error of a class of its own, or of the system, says in its message what happened; any other is a fault of ours. */
function isExplained(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return !builtIn.has(error.constructor) || 'syscall' in error;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** A commander parser for whole numbers from `least` on, up to `most` where there is one. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `${least} on` : `${least} to ${most}`;
    throw new InvalidArgumentError(`'${text}' is not a whole number from ${range}.`);
  };
}
