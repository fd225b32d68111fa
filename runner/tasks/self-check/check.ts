import type { Remote } from '../../remote/remote.ts';

/** One promise of the remote layer, put to the test on one host. */
export interface Check {
  readonly name: string; // a sentence, unique
  /** Throws when the promise is not kept. */
  readonly run: (on: CheckHost) => Promise<void>;
}

/** Where a check works. */
export interface CheckHost {
  readonly remote: Remote;
  readonly folder: string; // on the host, made for this host's checks and removed after them
  readonly signal: AbortSignal;
}

/** A promise of the remote layer was not kept. */
export class CheckFailedError extends Error {
  override readonly name = 'CheckFailedError';
}

/** Throws unless both values are the same. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (Object.is(actual, expected)) return;
  throw new CheckFailedError(`${what} is ${show(actual)}, not ${show(expected)}`);
}

/** The error of a kind that a promise rejects with; anything else, success included, is a failed check. */
export async function expectRejection<Kind extends Error>(
  promise: Promise<unknown>,
  kind: new (...args: never[]) => Kind,
): Promise<Kind> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof kind) return error;
    throw new CheckFailedError(`it failed with ${String(error)}, not with ${kind.name}`, { cause: error });
  }
  throw new CheckFailedError(`it succeeded, and should have failed with ${kind.name}`);
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 120 ? `${text.slice(0, 100)}... (${text.length} characters)` : text;
}
