import { expect, test } from 'vitest';
import { superfluous } from './stored-images.ts';
import type { StoredImage } from './stored-images.ts';

const image = (name: string, changes: Partial<StoredImage>): StoredImage => {
  return { name, kind: 'snapshot', bytes: 10, usedAt: 100, current: true, about: '', ...changes };
};
const images = [
  image('new', { kind: 'base' }),
  image('old', { kind: 'base', current: false }),
  image('wrong', { usedAt: 95, current: false }),
  image('a', { usedAt: 90 }),
  image('b', { usedAt: 80 }),
  image('c', { usedAt: 10 }),
];

test.each([
  [{ maxAgeMs: null, maxBytes: null }, ['old', 'wrong']],
  [{ maxAgeMs: 50, maxBytes: null }, ['old', 'wrong', 'c']],
  [{ maxAgeMs: null, maxBytes: 20 }, ['old', 'wrong', 'c']],
  [{ maxAgeMs: null, maxBytes: 5 }, ['old', 'wrong', 'a', 'b', 'c']],
])('of %j those go that were wanted longest ago: %j', (bounds, names) => {
  expect(superfluous(images, { now: 100, ...bounds }).map(({ name }) => name)).toEqual(names);
});
