/** Finds the announced process id in stderr and takes its line out. */
export interface PidMarker {
  /** Null until it is announced. */
  readonly pid: number | null;
  /** What of the chunk, and of what was held back, is the command's own output. */
  push(chunk: Buffer): Buffer;
  /** What was held back, at the stream's end. */
  end(): Buffer;
}

/** Login scripts may write before the announcement; output behind this many bytes is no longer searched. */
const mostNoise = 256 * 1024;
const newline = 0x0a;
const nothing = Buffer.alloc(0);

/** Looks for `<marker><pid>` on a line of its own. Holds output back until it is found, since the command cannot have begun before. */
export function createPidMarker(marker: string): PidMarker {
  const needle = Buffer.from(marker);
  let held: Buffer = nothing;
  let searching = true;
  let pid: number | null = null;
  return {
    get pid() {
      return pid;
    },
    push(chunk) {
      if (!searching) return chunk;
      const all = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const from = all.indexOf(needle);
      const to = from === -1 ? -1 : all.indexOf(newline, from);
      if (to === -1 && all.length < mostNoise) {
        held = all;
        return nothing;
      }
      searching = false;
      held = nothing;
      if (to === -1) return all;
      pid = Number(all.toString('latin1', from + needle.length, to));
      return Buffer.concat([all.subarray(0, from), all.subarray(to + 1)]);
    },
    end() {
      const rest = held;
      held = nothing;
      searching = false;
      return rest;
    },
  };
}
