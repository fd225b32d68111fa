import { expect, test } from 'vitest';
import { showValue } from './job-problem.ts';
import { printable } from './printable.ts';
import { YamlError } from './yaml-error.ts';

test('control characters are escaped, everything else stays', () => {
  expect(printable('a\u001b[31m\u0000\n\u009bé☃')).toBe('a\\x1b[31m\\x00\\n\\x9bé☃');
});

test('no message lets a file speak to the terminal', () => {
  const { message } = new YamlError({
    file: 'f',
    line: 1,
    column: 1,
    reason: 'broken',
    lineText: 'a\u001b[2Jb',
  });
  expect(message).toBe('f:1:1: broken, in: a\\x1b[2Jb');
  expect(showValue('x\u0007')).toBe("'x\\x07'");
});
