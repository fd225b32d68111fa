/** Queues that people have stopped for a while. A pause ends by itself; whoever reads one compares `until` with the time. */
export interface Pauses {
  /** Pauses the queue of a machine type, or every queue. A second pause of the same queue takes the place of the first. */
  pause(pause: Pause): Promise<void>;
  /** Ends the pause of a queue. `stale` when there is none that lasts beyond `now`. */
  resume(machineType: string, now: number): Promise<'ok' | 'stale'>;
  /** The pauses that last beyond `now`, in the order of their queues. */
  list(now: number): Promise<Pause[]>;
}

export interface Pause {
  readonly machineType: string; // or `everyQueue`
  readonly by: string;
  readonly reason: string;
  readonly since: number; // epoch ms
  readonly until: number; // epoch ms
}

/** The machine type that stands for every queue in a pause. */
export const everyQueue = '*';
