/** A meeting point for a fixed number of parties, used again and again. */
export interface Barrier {
  /** Resolves for all parties at once, when the last one has arrived. */
  arrive(): Promise<void>;
}

/** A barrier for `parties`. It knows nothing of parties that fail: whoever waits must also watch for that. */
export function createBarrier(parties: number): Barrier {
  let waiting = 0;
  let round = Promise.withResolvers<void>();
  return {
    arrive() {
      const { promise, resolve } = round;
      waiting += 1;
      if (waiting === parties) {
        waiting = 0;
        round = Promise.withResolvers();
        resolve();
      }
      return promise;
    },
  };
}
