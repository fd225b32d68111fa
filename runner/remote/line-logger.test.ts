import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineLogger } from './line-logger.ts';

function linesOf(chunks: readonly Uint8Array[], maxLength?: number): string[] {
  const lines: string[] = [];
  const logger = createLineLogger((line) => lines.push(line), maxLength);
  for (const chunk of chunks) logger.push(chunk);
  logger.end();
  return lines;
}

describe('output in the log', () => {
  test('keeps a last line without a newline', () => {
    expect(linesOf([Buffer.from('a\nb')])).toEqual(['a', 'b']);
  });

  test('keeps empty lines, and nothing of nothing', () => {
    expect(linesOf([Buffer.from('\n\nx\n')])).toEqual(['', '', 'x']);
    expect(linesOf([])).toEqual([]);
  });

  test('strips what stands invisibly at the end of a line', () => {
    expect(linesOf([Buffer.from('  a \t\r\nb\v\n')])).toEqual(['  a', 'b']);
  });

  test('is the same whatever the chunks', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '\n', 'ü', '日', '🦑', '\r') });
    fc.assert(
      fc.property(text, fc.array(fc.nat(40)), (text, cuts) => {
        const bytes = Buffer.from(text);
        const places = [
          0,
          ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b),
          bytes.length,
        ];
        const chunks = places.slice(1).map((to, index) => bytes.subarray(places[index], to));
        expect(linesOf(chunks)).toEqual(linesOf([bytes]));
      }),
    );
  });

  test('has invalid UTF-8 replaced, and half a character at the end', () => {
    expect(linesOf([Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xe6, 0x97])])).toEqual(['a\ufffdb', '\ufffd']);
  });

  test('breaks a line that is too long, between characters', () => {
    const lines = linesOf([Buffer.from(`${'x'.repeat(9)}🦑${'y'.repeat(12)}\nz`)], 10);
    expect(lines.join('')).toBe(`${'x'.repeat(9)}🦑${'y'.repeat(12)}z`);
    expect(lines.every((line) => line.length <= 10 && line.isWellFormed())).toBe(true);
    expect(lines.at(-1)).toBe('z');
  });

  test('does not wait for the end of a line without end', () => {
    let longest = 0;
    let total = 0;
    const logger = createLineLogger((line) => {
      longest = Math.max(longest, line.length);
      total += line.length;
    });
    for (let i = 0; i < 100; i++) logger.push(Buffer.alloc(32_768, 'x'));
    expect(longest).toBeLessThanOrEqual(65_536);
    expect(total).toBeGreaterThan(100 * 32_768 - 65_536 * 2);
  });
});
