import { describe, expect, test } from 'vitest';
import { duration, lockAction } from './options.ts';
import type { LockOptions } from './options.ts';

const nothing: LockOptions = {
  list: false,
  brief: false,
  listTargets: false,
  lock: false,
  unlock: false,
  update: false,
  summary: false,
  all: false,
  force: false,
  clean: false,
  targets: [],
};

describe('exactly one action is asked for', () => {
  test.each<[Partial<LockOptions>, string[], string]>([
    [{ list: true }, [], 'list'],
    [{ list: true, brief: true, all: true }, [], 'list'],
    [{ listTargets: true, owner: 'ann@lab' }, ['a'], 'list'],
    [{ lock: true, for: 60 }, ['a'], 'lock'],
    [{ unlock: true, targets: ['file.yaml'], clean: true }, [], 'unlock'],
    [{ lockMany: 3, desc: 'test foo' }, [], 'lock-many'],
    [{ update: true, status: 'down' }, ['a'], 'update'],
    [{ summary: true, machineType: 'box' }, [], 'summary'],
  ])('%j', (options, names, action) => {
    expect(lockAction({ ...nothing, ...options }, names)).toBe(action);
  });

  test.each<[Partial<LockOptions>, string[], string]>([
    [{}, [], 'exactly one'],
    [{ list: true, lock: true }, ['a'], 'exactly one'],
    [{ brief: true, listTargets: true }, [], 'exactly one'],
    [{ lock: true }, [], '--lock needs the names'],
    [{ update: true, desc: 'x', owner: 'ann@lab' }, ['a'], '--update changes nodes, whoever holds them'],
    [{ update: true }, ['a'], '--desc or --status'],
    [{ list: true, desc: 'x' }, [], '--desc-pattern'],
    [{ list: true, all: true, owner: 'ann@lab' }, [], '--all goes neither'],
    [{ list: true, all: true }, ['a'], '--all goes neither'],
    [{ lockMany: 2 }, ['a'], 'name none'],
    [{ unlock: true, for: 60 }, ['a'], '--for'],
    [{ lock: true, clean: true }, ['a'], '--clean'],
  ])('%j with %j is refused', (options, names, part) => {
    expect(() => lockAction({ ...nothing, ...options }, names)).toThrow(part);
  });
});

test('lengths of time have a unit', () => {
  expect(['90s', '30m', '8h', '3d', '1w'].map(duration)).toEqual([90, 1800, 28_800, 259_200, 604_800]);
  for (const text of ['8', 'h', '0h', '-1h', '8 h', '1y', '1e3s']) expect(() => duration(text)).toThrow(text);
});
