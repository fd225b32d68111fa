/** A store has more to do than it may at this moment. Nothing is wrong with what it was asked, and the same may be asked again later. */
export class StoreBusyError extends Error {
  override readonly name = 'StoreBusyError';
  readonly retryAfterSeconds: number;
  constructor(sentence: string, options: ErrorOptions & { readonly retryAfterSeconds?: number } = {}) {
    super(sentence, options);
    this.retryAfterSeconds = options.retryAfterSeconds ?? 2;
  }
}
