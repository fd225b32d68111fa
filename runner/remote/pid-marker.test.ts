import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPidMarker } from './pid-marker.ts';

function read(bytes: Buffer, cuts: readonly number[]): { pid: number | null; rest: string } {
  const marker = createPidMarker('mark:');
  const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
  const parts = places.slice(1).map((to, index) => marker.push(bytes.subarray(places[index], to)));
  return { rest: Buffer.concat([...parts, marker.end()]).toString(), pid: marker.pid };
}

test('an announcement is taken out of whatever chunks it comes in, with the noise before it kept', () => {
  const noise = fc
    .string({ unit: fc.constantFrom('m', 'mark', ':', '1', '\n', 'ü') })
    .map((text) => `${text}\n`);
  fc.assert(
    fc.property(noise, noise, fc.array(fc.nat(60)), (before, after, cuts) => {
      fc.pre(!before.includes('mark:'));
      expect(read(Buffer.from(`${before}mark:42\n${after}`), cuts)).toEqual({
        pid: 42,
        rest: before + after,
      });
    }),
  );
});

test('only the first announcement counts', () => {
  expect(read(Buffer.from('mark:1\nmark:2\n'), [])).toEqual({ pid: 1, rest: 'mark:2\n' });
});

test('without an announcement everything is output', () => {
  expect(read(Buffer.from('sh: syntax error'), [3])).toEqual({ pid: null, rest: 'sh: syntax error' });
  const much = 'x'.repeat(600_000);
  expect(read(Buffer.from(much), [100_000, 300_000])).toEqual({ pid: null, rest: much });
});
