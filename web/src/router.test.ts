import { expect, test } from 'vitest';
import { hrefOf, placeOf } from './router.ts';

test('an address leads to the place that it was made of, whatever a name has in it', () => {
  for (const name of ['ann-2026-03-04_05:06:07-rados:thrash', 'a/b', '50%', '?#&=', '<b>', '\u202e']) {
    const place = placeOf(hrefOf(['runs', name, 7], { status: 'fail', q: 'a&b=c', owner: '' }));
    expect(place).toEqual({ path: ['runs', name, '7'], query: { status: 'fail', q: 'a&b=c' } });
  }
});

test('an address that somebody broke is still a place', () => {
  expect(placeOf('#/runs/50%/')).toEqual({ path: ['runs', '50%'], query: {} });
  expect(placeOf('')).toEqual({ path: [], query: {} });
});
