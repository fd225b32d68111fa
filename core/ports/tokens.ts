import type { Transition } from './job-store.ts';

/** The credentials that a lab has given out. Only hashes of them are kept: who reads the store cannot act as anybody. */
export interface TokenStore {
  /** Adds a token. A second call with the same id and hash changes nothing and is `ok`; the id of another token is `taken`. */
  add(token: NewToken): Promise<'ok' | 'taken'>;
  get(id: string): Promise<TokenRecord | null>;
  /** Newest first, the revoked ones included. */
  list(): Promise<TokenRecord[]>;
  /** From here on the token opens nothing. `stale` when it is unknown or was revoked before. */
  revoke(id: string, params: { by: string; now: number }): Promise<Transition>;
}

export interface NewToken {
  readonly id: string; // public; the part of the token before the dot
  readonly name: string; // the identity: owner of what it submits
  readonly operator: boolean;
  readonly pool: string | null; // the machine type whose workers it is for; null = a person's
  readonly sha256: string; // of the secret part, in hex
  readonly createdBy: string;
  readonly expiresAt: number | null; // epoch ms; null = never
  readonly now: number;
}

export interface TokenRecord extends Omit<NewToken, 'now'> {
  readonly createdAt: number;
  readonly revokedAt: number | null;
  readonly revokedBy: string | null;
}
