import { describe, expect, test } from 'vitest';
import { argument, required, taskArguments, UnknownArgumentError } from './args.ts';
import { count, either, flag, optional, seconds, text, texts } from './argument-kinds.ts';
import { TaskConfigError } from './task-config.ts';

const paint = taskArguments('paint', {
  colour: required({ usage: 'what colour', kind: text }),
  coats: argument({ usage: 'how often', kind: count, fallback: 2 }),
  walls: argument({ usage: 'which ones', kind: optional(texts), fallback: null }),
});

describe('a table of arguments', () => {
  test('gives typed values, defaults included', () => {
    const { colour, coats, walls } = paint.read({ colour: 'red', walls: 'north' });
    expect([colour.toUpperCase(), coats + 1, walls]).toEqual(['RED', 3, ['north']]);
  });

  test('takes null for a key that was left out', () => {
    expect(paint.read({ colour: 'red', coats: null })).toEqual({ colour: 'red', coats: 2, walls: null });
  });

  test.each([
    [{}, "paint: 'colour' must be a string, not nothing"],
    [{ colour: 7 }, "paint: 'colour' must be a string, not 7"],
    [{ colour: 'red', coats: 1.5 }, "paint: 'coats' must be a whole number that is not negative, not 1.5"],
    [{ colour: 'red', walls: [1] }, "paint: 'walls' must be a string or a list of strings, not the list [1]"],
    [['red'], 'paint: its config must be a map with the keys colour, coats, walls, not the list ["red"]'],
    ['red', 'paint: its config must be a map with the keys colour, coats, walls, not "red"'],
  ])('refuses %j with a sentence', (config, sentence) => {
    expect(() => paint.read(config)).toThrow(expect.objectContaining({ message: sentence }));
    expect(() => paint.read(config)).toThrow(TaskConfigError);
  });

  test('refuses a key that it does not have, and names those it has', () => {
    const reading = (): unknown => paint.read({ color: 'red' });
    expect(reading).toThrow(UnknownArgumentError);
    expect(reading).toThrow(
      "paint: there is no key 'color' in its config; the keys are colour, coats, walls",
    );
  });

  test('does not take what every object has for one of its keys', () => {
    expect(() => paint.read(JSON.parse('{"colour": "red", "toString": "x"}'))).toThrow(UnknownArgumentError);
  });

  test('documents itself as a table', () => {
    expect(paint.documentation).toBe(
      [
        '| key | value | default | meaning |',
        '|---|---|---|---|',
        '| `colour` | a string | required | what colour |',
        '| `coats` | a whole number that is not negative | `2` | how often |',
        '| `walls` | a string or a list of strings |  | which ones |',
      ].join('\n'),
    );
  });
});

describe('kinds of arguments', () => {
  test('seconds may be digits in a string, and are never negative or endless', () => {
    expect(['5', 0.5, '1.5', ' '].map((value) => seconds.read(value))).toEqual([5, 0.5, 1.5, undefined]);
    expect([-1, '-1', 'soon', true, Number.POSITIVE_INFINITY].map((value) => seconds.read(value))).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
  });

  test('either of two kinds takes the first that fits, also when its value is false', () => {
    const kind = either(flag, text);
    expect([false, 'x', 3].map((value) => kind.read(value))).toEqual([false, 'x', undefined]);
  });
});
