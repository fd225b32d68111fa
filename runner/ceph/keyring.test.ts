import { describe, expect, test } from 'vitest';
import { capsOf, makeKey, printKeyring } from './keyring.ts';

describe('a keyring', () => {
  test('has keys in the form of ceph-authtool: type 1, time, length, 16 bytes', () => {
    const key = makeKey({ now: 1_700_000_000_000, random: new Uint8Array(16).fill(7) });
    const bytes = Buffer.from(key, 'base64');
    expect([bytes.length, bytes.readUInt16LE(0), bytes.readUInt32LE(2), bytes.readUInt16LE(10)]).toEqual([
      28, 1, 1_700_000_000, 16,
    ]);
    expect(bytes.subarray(12)).toEqual(Buffer.alloc(16, 7));
  });

  test('names an entity, its key and what it may do', () => {
    const text = printKeyring([{ entity: 'osd.0', key: 'AQ==', caps: capsOf('osd') }]);
    expect(text).toBe(
      '[osd.0]\n\tkey = AQ==\n\tcaps mon = "allow profile osd"\n\tcaps mgr = "allow profile osd"\n\tcaps osd = "allow *"\n',
    );
  });
});
