import { expect, test } from 'vitest';
import { facetsOf } from './facets.ts';

test('a description is taken apart into its suite and what was chosen of each facet', () => {
  expect(facetsOf('rados/thrash/{0-a/b clusters/fixed-2 ceph}')).toEqual({
    suite: 'rados/thrash',
    fragments: [
      { facet: '0-a', fragment: 'b' },
      { facet: 'clusters', fragment: 'fixed-2' },
      { facet: '', fragment: 'ceph' },
    ],
  });
});

test('fragments of nested facets carry their way', () => {
  expect(facetsOf('s/{a/{x y/z} b/c}')?.fragments).toEqual([
    { facet: 'a', fragment: 'x' },
    { facet: 'a/y', fragment: 'z' },
    { facet: 'b', fragment: 'c' },
  ]);
});

test.each(['', 'just words', 's/{}', 's/{open'])('%j has no facets', (text) => {
  expect(facetsOf(text)).toBeNull();
});
