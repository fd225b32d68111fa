/**
 * Runs all acts at once and resolves with their results in order. The first failure aborts the signal that the others were given
 * and is thrown once every one of them has ended, so that nothing goes on behind the caller's back.
 */
export async function parallel<T>(
  acts: readonly ((signal: AbortSignal) => Promise<T>)[],
  options: { signal?: AbortSignal } = {},
): Promise<T[]> {
  const failure = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failure.signal]) : failure.signal;
  let first: { error: unknown } | null = null;
  const runs = acts.map(async (act) => {
    try {
      return await act(signal);
    } catch (error) {
      first ??= { error };
      failure.abort(error);
      throw error;
    }
  });
  const settled = await Promise.allSettled(runs);
  if (first !== null) throw (first as { error: unknown }).error;
  return settled.map((run) => (run as PromiseFulfilledResult<Awaited<T>>).value);
}
