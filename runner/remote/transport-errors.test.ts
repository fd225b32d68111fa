import { expect, test } from 'vitest';
import { CommandFailedError, ConnectionLostError } from './command-errors.ts';
import type { CommandResult } from './remote.ts';
import { ConnectFailedError, isTransportError, NotConnectedError } from './transport-errors.ts';

const result: CommandResult & { exitStatus: number } = {
  host: 'h',
  command: 'x',
  label: null,
  exitStatus: 1,
  signal: null,
  stdout: '',
  stderr: '',
  durationMs: 0,
};

test('failing to reach a host is told apart from failing on it, also when it is only the cause', () => {
  expect(isTransportError(new ConnectionLostError(result))).toBe(true);
  expect(isTransportError(new NotConnectedError('h'))).toBe(true);
  expect(isTransportError(new ConnectFailedError('h', 'gave up'))).toBe(true);
  expect(isTransportError(new Error('task failed', { cause: new ConnectionLostError(result) }))).toBe(true);
  expect(isTransportError(new CommandFailedError(result))).toBe(false);
  expect(isTransportError(new Error('x', { cause: 'SSH connection' }))).toBe(false);
  expect(isTransportError(null)).toBe(false);
});

test('an error that is its own cause is looked at once', () => {
  const loop = new Error('loop');
  loop.cause = loop;
  expect(isTransportError(loop)).toBe(false);
});
