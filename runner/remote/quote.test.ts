import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteCommand, quoteWord, Raw } from './quote.ts';

describe('a command line', () => {
  test.each([
    [['sudo', 'bash', '-c', "echo it's"], `sudo bash -c 'echo it'"'"'s'`],
    [['ls', new Raw('*.log'), new Raw('|'), 'grep', '-v', 'a b'], "ls *.log | grep -v 'a b'"],
    [['echo', ''], "echo ''"],
    [['x', 'a=b', '/p/q:1,2', '~/x', '$HOME', 'a%b@c+d'], "x a=b /p/q:1,2 '~/x' '$HOME' a%b@c+d"],
    ['already | a line', 'already | a line'],
  ])('of %j', (command, line) => {
    expect(quoteCommand(command)).toBe(line);
  });

  test('says which word is missing', () => {
    const words = ['echo', undefined as unknown as string];
    expect(() => quoteCommand(words)).toThrow('Argument at position 1 is undefined');
  });

  test('gives a real shell back every word as it was', () => {
    const word = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const printed = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${words.map(quoteWord).join(' ')}`]);
        expect(printed.equals(Buffer.from(words.map((each) => `${each}\0`).join('')))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
