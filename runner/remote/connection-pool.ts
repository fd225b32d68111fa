import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../core/ports/logger.ts';
import { channelsPerConnection, createLane } from './channel-limit.ts';
import type { Lane } from './channel-limit.ts';
import { ChannelNotOpenedError } from './connection.ts';
import type { CommandChannel, Connection } from './connection.ts';
import { ChannelRefusedError, NotConnectedError, ReconnectFailedError } from './transport-errors.ts';

/** A channel on its way, with the connection that carries it. `release` must be called once, when the channel is closed. */
export interface OpenedChannel extends CommandChannel {
  readonly connection: Connection;
  release(): void;
}

/** How a command shares the host with others. */
export type Urgency =
  | 'run' // waits in line; after a while the line gets another connection
  | 'background' // stays long: gets another connection at once when none has room
  | 'kill'; // never waits: goes beyond the limit

/** The connections of one host: one, and more only while the commands that run at once do not fit on it. */
export interface ConnectionPool {
  readonly connected: boolean;
  readonly size: number;
  /** Makes the first connection unless there is one. Callers at the same time share one attempt. */
  connect(make: () => Promise<Connection>): Promise<void>;
  /** Starts a command line; first in, first out. Reconnects when the connection was lost. */
  open(line: string, options: { urgency: Urgency; signal?: AbortSignal }): Promise<OpenedChannel>;
  /** Ends all connections; commands on them fail. The next `connect` starts afresh. */
  close(): Promise<void>;
}

export interface PoolParams {
  readonly host: string;
  readonly log: Logger;
  readonly reconnect: () => Promise<Connection>; // after all were lost
  readonly another: () => Promise<Connection>; // beside those that are up
  readonly channels?: number; // per connection
  readonly patienceMs?: number; // of the first in line, before another connection is made
}

interface Waiter {
  readonly urgency: Urgency;
  readonly since: number;
  take(lane: Lane): void;
  fail(error: unknown): void;
}

/** With eight commands each; commands beyond that wait however long it takes. */
const mostConnections = 32;

/** A server counts a session until it has reaped the command, a moment after its channel closed: then even a single one is refused. */
const settlingMs = 5000;
const settlingPauseMs = 30;

/** After another connection could not be made. */
const growthPauseMs = 10_000;

/** Whoever no longer wants need not wait for what others still want. */
async function orAborted(wanted: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return await wanted;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  wanted.catch(() => {});
  try {
    await Promise.race([wanted, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

export function createConnectionPool(params: PoolParams): ConnectionPool {
  const { host, log, patienceMs = 1000 } = params;
  let lanes: Lane[] = [];
  let waiters: Waiter[] = [];
  let opening: Promise<void> | null = null;
  let growing = false;
  let noGrowthUntil = 0;
  let timer: NodeJS.Timeout | null = null;
  let closedByOwner = true; // until connect()

  async function openFirst(make: () => Promise<Connection>): Promise<void> {
    opening ??= make()
      .then(async (connection) => {
        if (!closedByOwner) return addLane(connection);
        await connection.close();
        throw new NotConnectedError(host);
      })
      .finally(() => {
        opening = null;
      });
    await opening;
  }

  function addLane(connection: Connection): void {
    const lane = createLane(connection, params.channels ?? channelsPerConnection);
    lanes.push(lane);
    void connection.ended.then((error) => {
      if (!lanes.includes(lane)) return;
      lanes = lanes.filter((other) => other !== lane);
      log.debug(`Connection to ${host} ended${error === null ? '' : `: ${error.message}`}`);
      serve();
    });
    serve();
  }

  /** Gives free places to those in line, and thinks about another connection for those who stay. */
  function serve(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    for (let lane = freeLane(); lane && waiters.length > 0; lane = freeLane()) {
      lane.occupy();
      waiters.shift()?.take(lane);
    }
    const first = waiters[0];
    if (first === undefined) return dropIdleLanes();
    if (lanes.length === 0) return void revive();
    if (growing || lanes.length >= mostConnections) return;
    const eager = waiters.some((waiter) => waiter.urgency === 'background');
    const due = eager ? first.since : first.since + patienceMs;
    const wait = Math.max(due, noGrowthUntil) - performance.now();
    if (wait <= 0) void grow();
    else timer = setTimeout(serve, wait);
  }

  function freeLane(): Lane | undefined {
    return lanes.find((lane) => lane.isFree);
  }

  function dropIdleLanes(): void {
    const idle = lanes.slice(1).filter((lane) => lane.inUse === 0);
    lanes = lanes.filter((lane) => !idle.includes(lane));
    for (const lane of idle) void lane.connection.close();
  }

  async function grow(): Promise<void> {
    growing = true;
    try {
      const connection = await params.another();
      log.debug(`All channels to ${host} are in use: opened connection ${lanes.length + 1}`);
      if (closedByOwner) await connection.close();
      else addLane(connection);
    } catch (error) {
      log.warn(`Could not open another connection to ${host}: ${String(error)}`);
      noGrowthUntil = performance.now() + growthPauseMs;
    } finally {
      growing = false;
      if (waiters.length > 0) serve();
    }
  }

  /** Those in line have nobody left to serve them: the connection was lost meanwhile. */
  async function revive(): Promise<void> {
    try {
      await reopen();
    } catch (error) {
      for (const waiter of waiters.splice(0)) waiter.fail(error);
    }
  }

  async function reopen(): Promise<void> {
    if (lanes.length > 0) return;
    if (closedByOwner) throw new NotConnectedError(host);
    try {
      await openFirst(params.reconnect);
    } catch (cause) {
      throw new ReconnectFailedError(host, cause);
    }
  }

  async function take(urgency: Urgency, signal: AbortSignal | undefined): Promise<Lane> {
    signal?.throwIfAborted();
    lanes = lanes.filter((lane) => lane.connection.isOpen);
    if (lanes.length === 0) await orAborted(reopen(), signal);
    const lane =
      urgency === 'kill' ? (freeLane() ?? lanes[0]) : waiters.length === 0 ? freeLane() : undefined;
    if (lane !== undefined) {
      lane.occupy();
      return lane;
    }
    return await standInLine(urgency, signal);
  }

  function standInLine(urgency: Urgency, signal: AbortSignal | undefined): Promise<Lane> {
    const { promise, resolve, reject } = Promise.withResolvers<Lane>();
    const waiter: Waiter = { urgency, since: performance.now(), take: resolve, fail: reject };
    waiters.push(waiter);
    const leave = (): void => {
      waiters = waiters.filter((other) => other !== waiter);
      reject(signal?.reason);
      serve();
    };
    signal?.addEventListener('abort', leave, { once: true });
    serve();
    return promise.finally(() => signal?.removeEventListener('abort', leave));
  }

  function giveBack(lane: Lane): void {
    lane.release();
    serve();
  }

  async function open(
    line: string,
    options: { urgency: Urgency; signal?: AbortSignal },
  ): Promise<OpenedChannel> {
    let urgency = options.urgency;
    let refusedAloneSince: number | null = null;
    for (let lost = 0; ;) {
      const lane = await take(urgency, options.signal);
      try {
        const channel = await lane.connection.exec(line);
        lane.confirm();
        return { ...channel, connection: lane.connection, release: () => giveBack(lane) };
      } catch (error) {
        const refused = error instanceof ChannelRefusedError && lane.connection.isOpen;
        const alone = refused && lane.inUse === 1;
        if (refused && !alone) {
          log.debug(
            `${host} refused a channel: no more than ${lane.lower()} at once on this connection for now`,
          );
          if (urgency === 'kill') urgency = 'background'; // It does not fit beyond the limit, so it needs another connection.
        }
        giveBack(lane);
        if (alone && performance.now() - (refusedAloneSince ??= performance.now()) < settlingMs) {
          await sleep(settlingPauseMs);
          continue; // `take` looks at the signal
        }
        const neverSent =
          error instanceof ChannelNotOpenedError && !error.sent && !closedByOwner && lost++ < 2;
        if (alone || (!refused && !neverSent)) throw error;
      }
    }
  }

  return {
    get connected() {
      return lanes.some((lane) => lane.connection.isOpen);
    },
    get size() {
      return lanes.length;
    },
    async connect(make) {
      closedByOwner = false;
      if (lanes.every((lane) => !lane.connection.isOpen)) await openFirst(make);
    },
    open,
    async close() {
      closedByOwner = true;
      const ending = lanes;
      lanes = [];
      for (const waiter of waiters.splice(0)) waiter.fail(new NotConnectedError(host));
      await Promise.all(ending.map((lane) => lane.connection.close()));
    },
  };
}
