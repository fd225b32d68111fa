import type { Connection } from './connection.ts';

/** One connection of a host with the number of commands that may run on it at once. */
export interface Lane {
  readonly connection: Connection;
  readonly inUse: number;
  readonly isFree: boolean;
  /** Counts one more command. The caller checks `isFree`, or goes beyond the limit on purpose. */
  occupy(): void;
  release(): void;
  /** The server refused the channel that was counted last. Returns how many are tried at once from now on. */
  lower(): number;
  /** The server gave a channel. */
  confirm(): void;
}

/** Below the ten channels that an OpenSSH server allows by default, so that the channel that kills a command always fits. */
export const channelsPerConnection = 8;

/** Channels in a row that the server must give before one more at once is tried. */
const confidence = 16;

/**
 * A lane whose limit follows the server: one that refuses gets fewer channels at once, and after a while one more again, since a
 * server may also refuse because it has not yet cleared up channels that are closed.
 */
export function createLane(connection: Connection, channels: number): Lane {
  let limit = channels;
  let inUse = 0;
  let given = 0;
  return {
    connection,
    get inUse() {
      return inUse;
    },
    get isFree() {
      return connection.isOpen && inUse < limit;
    },
    occupy() {
      inUse += 1;
    },
    release() {
      inUse -= 1;
    },
    lower() {
      given = 0;
      limit = Math.max(1, Math.min(limit, inUse - 1));
      return limit;
    },
    confirm() {
      if (limit === channels || ++given < confidence) return;
      given = 0;
      limit += 1;
    },
  };
}
