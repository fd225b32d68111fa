import { describe, expect, test } from 'vitest';
import { createMask } from './mask.ts';

const config = new Map<string, string | Map<string, string | number>>([
  ['tasks', 'nothing secret'],
  [
    'console',
    new Map<string, string | number>([
      ['ipmi_password', 'hunter2hunter2'],
      ['user', 'admin'],
      ['password', 12345],
    ]),
  ],
  [
    'rgw',
    new Map([
      ['access-key', 'AKIAEXAMPLE'],
      ['secret', 'abc'],
    ]),
  ],
]);

describe('masking', () => {
  const mask = createMask({ secrets: ['a+b(c)d'], patterns: [/ghp_\w+/g], config });

  test('hides configured secrets and patterns wherever they stand', () => {
    expect(mask.text('x a+b(c)d y ghp_12ab z')).toBe('x ******** y ******** z');
  });

  test('hides the values of secret keys of the job in all text', () => {
    expect(mask.text('ipmitool -P hunter2hunter2 AKIAEXAMPLE')).toBe('ipmitool -P ******** ********');
  });

  test('a very short secret is hidden under its key, and not in words that happen to contain it', () => {
    expect(mask.text('abcdef')).toBe('abcdef');
    expect(mask.value(config)).toEqual(
      new Map<string, unknown>([
        ['tasks', 'nothing secret'],
        [
          'console',
          new Map([
            ['ipmi_password', '********'],
            ['user', 'admin'],
            ['password', '********'],
          ]),
        ],
        [
          'rgw',
          new Map([
            ['access-key', '********'],
            ['secret', '********'],
          ]),
        ],
      ]),
    );
  });

  test('text without secrets is untouched', () => {
    expect(createMask({ secrets: [], config: null }).text('password: none')).toBe('password: none');
  });
});
