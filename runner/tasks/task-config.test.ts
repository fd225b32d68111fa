import { describe, expect, test } from 'vitest';
import { describeValue, readCommands, readTaskList } from './task-config.ts';

describe('shell commands in a config', () => {
  const place = { task: 'exec', path: 'client.0' };

  test('are a list, or one by itself', () => {
    expect(readCommands(place, ['a', 'b'])).toEqual(['a', 'b']);
    expect(readCommands(place, 'a')).toEqual(['a']);
  });

  test('may look like a YAML boolean or number', () => {
    expect(readCommands(place, [true, false, 7])).toEqual(['true', 'false', '7']);
  });

  test.each([
    [['ok', { ls: null }], `exec: 'client.0[1]' must be a shell command, not the map {"ls":null}`],
    [null, "exec: 'client.0' must be a shell command, not nothing"],
    [['ok', null], "exec: 'client.0[1]' must be a shell command, not nothing"],
  ])('are refused where they are %j', (given, sentence) => {
    expect(() => readCommands(place, given)).toThrow(sentence);
  });
});

test('a list of tasks may be left empty, and is nothing but a list', () => {
  expect(readTaskList({ task: 'sequential', path: '' }, null)).toEqual([]);
  expect(() => readTaskList({ task: 'sequential', path: '' }, { exec: null })).toThrow(
    'sequential: its config must be a list of tasks, not the map {"exec":null}',
  );
});

test('long values are cut in messages', () => {
  const shown = describeValue(Array.from({ length: 1000 }, () => 'word'));
  expect(shown).toMatch(/^the list \["word",.*\.\.\.$/);
  expect(shown.length).toBeLessThan(100);
});
