import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTextWatch } from './text-watch.ts';

async function isSettled(promise: Promise<void>): Promise<boolean> {
  return Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(resolve, false)),
  ]);
}

test('a text is found however the stream is cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), fc.uint8Array(), fc.array(fc.nat(300)), async (before, after, cuts) => {
      const stream = Buffer.concat([before, Buffer.from('the text'), after]);
      const watch = createTextWatch();
      const seen = watch.seen('the text');
      let start = 0;
      for (const end of [...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length]) {
        watch.push(stream.subarray(start, end));
        start = end;
      }
      expect(await isSettled(seen)).toBe(true);
    }),
  );
});

test('a text that does not come is not found', async () => {
  const watch = createTextWatch();
  const seen = watch.seen('the text');
  for (const chunk of ['the tex', 'x', 'the', ' ', 'tex']) watch.push(Buffer.from(chunk));
  expect(await isSettled(seen)).toBe(false);
});

test('a text that came before it was waited for does not count', async () => {
  const watch = createTextWatch();
  watch.push(Buffer.from('the text'));
  expect(await isSettled(watch.seen('the text'))).toBe(false);
});
