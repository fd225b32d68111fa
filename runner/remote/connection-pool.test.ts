import { PassThrough } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { recordingLog } from '../../test/fixtures/ssh-remote.ts';
import { createConnectionPool } from './connection-pool.ts';
import type { PoolParams } from './connection-pool.ts';
import { ChannelNotOpenedError } from './connection.ts';
import type { Connection } from './connection.ts';
import { ChannelRefusedError } from './transport-errors.ts';

interface FakeConnection extends Connection {
  readonly lines: string[];
  lose(): void;
}

/** A connection that starts everything at once, and only allows so many channels. */
function fakeConnection(options: { allows?: () => number; inUse?: () => number } = {}): FakeConnection {
  const { promise: ended, resolve } = Promise.withResolvers<Error | null>();
  const lines: string[] = [];
  let isOpen = true;
  const lose = (): void => {
    isOpen = false;
    resolve(null);
  };
  return {
    lines,
    ended,
    lose,
    get isOpen() {
      return isOpen;
    },
    async exec(line) {
      if (!isOpen) throw new ChannelNotOpenedError('h', { sent: false, cause: null });
      if ((options.inUse?.() ?? 0) >= (options.allows?.() ?? Infinity))
        throw new ChannelRefusedError('h', new Error('no'));
      lines.push(line);
      const channel = new PassThrough() as unknown as ClientChannel;
      return { channel, exit: new Promise(() => {}), closed: new Promise(() => {}) };
    },
    forward: async () => new PassThrough(),
    close: async () => lose(),
  };
}

function poolOf(params: Partial<PoolParams> & { make?: () => FakeConnection } = {}) {
  const made: FakeConnection[] = [];
  const connect = async (): Promise<Connection> => {
    const connection = (params.make ?? fakeConnection)();
    made.push(connection);
    return connection;
  };
  const log = recordingLog('test').log;
  const pool = createConnectionPool({
    host: 'h',
    log,
    reconnect: connect,
    another: connect,
    channels: 2,
    patienceMs: 20,
    ...params,
  });
  return { pool, made, connect };
}

const run = { urgency: 'run' } as const;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the connections of a host', () => {
  test('serve commands in the order they came', async () => {
    const { pool, made, connect } = poolOf({ channels: 1, patienceMs: 1e6 });
    await pool.connect(connect);
    const first = await pool.open('1', run);
    const later = ['2', '3', '4'].map((line) => pool.open(line, run));
    await turn();
    expect(made[0]?.lines).toEqual(['1']);
    first.release();
    for (const opened of later) (await opened).release();
    expect(made.map((connection) => connection.lines)).toEqual([['1', '2', '3', '4']]);
    expect(pool.size).toBe(1);
    await pool.close();
  });

  test('become more when the first in line has waited for long, and fewer when the line is served', async () => {
    const { pool, made, connect } = poolOf();
    await pool.connect(connect);
    const opened = await Promise.all(['1', '2', '3', '4', '5'].map((line) => pool.open(line, run)));
    expect(made.map((connection) => connection.lines)).toEqual([['1', '2'], ['3', '4'], ['5']]);
    expect(pool.size).toBe(3);
    for (const each of opened) each.release();
    expect(pool.size).toBe(1);
    expect(made.map((connection) => connection.isOpen)).toEqual([true, false, false]);
    await pool.close();
  });

  test('become more at once for a command that will stay', async () => {
    const { pool, connect } = poolOf({ patienceMs: 1e6 });
    await pool.connect(connect);
    for (const line of ['1', '2', '3']) await pool.open(line, { urgency: 'background' });
    expect(pool.size).toBe(2);
    await pool.close();
  });

  test('take the command that kills another beyond their limit', async () => {
    const { pool, made, connect } = poolOf({ patienceMs: 1e6 });
    await pool.connect(connect);
    await pool.open('1', run);
    await pool.open('2', run);
    await pool.open('kill', { urgency: 'kill' });
    expect(made.map((connection) => connection.lines)).toEqual([['1', '2', 'kill']]);
    await pool.close();
  });

  test('take fewer commands when the server refuses, and more again after a while', async () => {
    let allows = 1;
    let inUse = 0;
    const make = (): FakeConnection => fakeConnection({ allows: () => allows, inUse: () => inUse });
    const { pool, made, connect } = poolOf({ make, patienceMs: 1e6, channels: 3 });
    await pool.connect(connect);
    const hold = async (line: string) => {
      const opened = await pool.open(line, run);
      inUse += 1;
      return () => {
        inUse -= 1;
        opened.release();
      };
    };
    const first = await hold('1');
    const second = hold('2');
    await turn();
    first();
    (await second)();
    expect(made[0]?.lines).toEqual(['1', '2']);
    allows = 3;
    for (let n = 0; n < 40; n++) (await hold('again'))();
    const three = await Promise.all(['a', 'b', 'c'].map(hold));
    expect(inUse).toBe(3);
    for (const release of three) release();
    await pool.close();
  });

  test('forget those in line who no longer want', async () => {
    const { pool, made, connect } = poolOf({ channels: 1, patienceMs: 1e6 });
    await pool.connect(connect);
    const first = await pool.open('1', run);
    const leave = new AbortController();
    const left = pool.open('2', { urgency: 'run', signal: leave.signal });
    const last = pool.open('3', run);
    leave.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    first.release();
    await last;
    expect(made[0]?.lines).toEqual(['1', '3']);
    await pool.close();
  });

  test('are made anew, once, for those in line when the last one is lost', async () => {
    const { pool, made, connect } = poolOf({ channels: 1, patienceMs: 1e6 });
    await pool.connect(connect);
    await pool.open('1', run);
    const waiting = ['2', '3'].map((line) => pool.open(line, run));
    await turn();
    made[0]?.lose();
    const second = await waiting[0];
    second?.release();
    await waiting[1];
    expect(made.map((connection) => connection.lines)).toEqual([['1'], ['2', '3']]);
    await pool.close();
  });

  test('cannot be had after close, by anyone', async () => {
    const { pool, connect } = poolOf({ channels: 1, patienceMs: 1e6 });
    await pool.connect(connect);
    await pool.open('1', run);
    const waiting = pool.open('2', run);
    await Promise.all([
      expect(waiting).rejects.toThrow('Not connected to h'),
      turn().then(() => pool.close()),
    ]);
    await expect(pool.open('3', run)).rejects.toThrow('Not connected to h');
    await pool.connect(connect);
    expect((await pool.open('4', run)).connection.isOpen).toBe(true);
    await pool.close();
  });

  test('do not hold a command to its wish while they are made again', async () => {
    const { pool, made, connect } = poolOf({ reconnect: () => new Promise(() => {}) });
    await pool.connect(connect);
    made[0]?.lose();
    await turn();
    const leave = new AbortController();
    const left = pool.open('1', { urgency: 'run', signal: leave.signal });
    setImmediate(() => leave.abort(new Error('left')));
    await expect(left).rejects.toThrow('left');
    await pool.close();
  });

  test('fail those in line when they cannot be made again', async () => {
    const { pool, made, connect } = poolOf({
      channels: 1,
      patienceMs: 1e6,
      reconnect: () => Promise.reject(new Error('unreachable')),
    });
    await pool.connect(connect);
    await pool.open('1', run);
    const waiting = pool.open('2', run);
    await turn();
    made[0]?.lose();
    await expect(waiting).rejects.toMatchObject({
      message: 'Failed to reconnect to h',
      cause: { message: 'unreachable' },
    });
    await pool.close();
  });
});
