/** Pokes a dispatcher. At-least-once and may be lost: never the truth, only a reason to look. */
export interface Wakeups {
  poke(machineType: string): Promise<void>;
}
