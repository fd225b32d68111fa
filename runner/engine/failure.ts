/** An Error for anything that can be thrown. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/**
 * The failure that everything else followed from. `await using` reports the teardown's error and hides the first one below
 * `suppressed`; an AggregateError stands for the first of its errors.
 */
export function rootFailure(thrown: unknown): Error {
  let error = toError(thrown);
  for (;;) {
    if (error instanceof SuppressedError) error = toError(error.suppressed);
    else if (error instanceof AggregateError && error.errors.length > 0) error = toError(error.errors[0]);
    else return error;
  }
}

/** What goes into failure_reason: the message, or the kind of error when there is none. */
export function failureText(error: Error): string {
  return error.message === '' ? error.name : error.message;
}

/** The stack of an error and of its causes, for the log. */
export function stackText(error: Error): string {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  for (let at: unknown = error; at !== undefined && at !== null && !seen.has(at); at = causeOf(at)) {
    seen.add(at);
    const text = at instanceof Error ? (at.stack ?? `${at.name}: ${at.message}`) : String(at);
    lines.push(seen.size === 1 ? text : `Caused by: ${text}`);
  }
  return lines.join('\n');
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
