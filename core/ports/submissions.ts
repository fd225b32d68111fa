/**
 * The journal of writes that callers asked for, by idempotency key. A submission is recorded before it is carried out, so that
 * one whose process died is known and can be carried out again, and a repeated key gets the first answer.
 */
export interface Submissions {
  /** Records a submission unless its key is known. Atomic: of two callers with one key, one gets `new`. */
  begin(submission: Submission): Promise<BeginResult>;
  /** Keeps the answer. A second call with the same key changes nothing. */
  finish(key: string, answer: Answer): Promise<void>;
  /** Forgets a submission that had no effect, so that its key may be used again. */
  forget(key: string): Promise<void>;
  /** Begun but never finished, oldest first. */
  unfinished(): Promise<Submission[]>;
}

export interface Submission {
  readonly key: string;
  readonly caller: string; // identity
  readonly operator?: boolean; // whether the caller was one; default no
  readonly pool?: string | null; // of a worker's credential; default none
  readonly path: string; // of the request, `/v1/suites`
  readonly body: string;
  readonly at: number; // epoch ms
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export type BeginResult =
  | { readonly kind: 'new' }
  | { readonly kind: 'known'; readonly submission: Submission; readonly answer: Answer | null }; // null = not finished yet
