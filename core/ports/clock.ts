/** Time, given to the core so that it can be made to jump in tests. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}
