import type { Connection } from './connection.ts';

/** One connection of a host with the number of commands that may run on it at once. */
export interface Lane {
  readonly connection: Connection;
  readonly inUse: number;
  readonly isFree: boolean;
  /** Counts one more command. The caller checks `isFree`, or goes beyond the limit on purpose. */
  occupy(): void;
  release(): void;
  /** The server refused a channel: never more than now are tried on this connection again. */
  lower(): void;
}

/** Below the ten channels that an OpenSSH server allows by default, so that the channel that kills a command always fits. */
export const channelsPerConnection = 8;

export function createLane(connection: Connection, channels: number): Lane {
  let limit = channels;
  let inUse = 0;
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
      limit = Math.max(1, Math.min(limit, inUse - 1));
    },
  };
}
