/** What the parts of a lab note about themselves, for the metrics; null = not yet. */
export interface Pulse {
  readonly dispatchPasses: number;
  readonly dispatchSeconds: number; // of all passes
  readonly sweptAt: number | null; // epoch ms, of the last sweep that came to its end
}
