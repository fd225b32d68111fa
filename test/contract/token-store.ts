import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewToken, TokenStore } from '../../core/ports/tokens.ts';
import { deskLawCases } from './desk-laws.ts';

const token: NewToken = {
  id: 'aa11',
  name: 'ann@desk',
  operator: false,
  pool: null,
  sha256: 'f'.repeat(64),
  createdBy: 'op@lab',
  expiresAt: 5000,
  now: 1000,
};

interface Store {
  readonly store: TokenStore;
  readonly close: () => void | Promise<void>;
}

/** What every store of tokens does. `setup` gives an empty one. */
export function describeTokenStore(params: { name: string; setup: () => Promise<Store> }): void {
  describe(`tokens: ${params.name}`, () => {
    let opened: Store;
    beforeEach(async () => {
      opened = await params.setup();
    });
    afterEach(async () => opened.close());
    deskLawCases('tokens', () => opened.store);

    test('gives back what it was given, newest first, and adds nothing twice', async () => {
      const { store } = opened;
      expect(await store.add(token)).toBe('ok');
      expect(await store.add({ ...token, now: 9000 })).toBe('ok');
      expect(await store.add({ ...token, sha256: '0'.repeat(64) })).toBe('taken');
      await store.add({ ...token, id: 'bb22', pool: 'smithi', operator: true, expiresAt: null, now: 2000 });
      const { now: createdAt, ...first } = token;
      expect(await store.get('aa11')).toEqual({ ...first, createdAt, revokedAt: null, revokedBy: null });
      const list = await store.list();
      expect(list.map(({ id, pool, operator }) => [id, pool, operator])).toEqual([
        ['bb22', 'smithi', true],
        ['aa11', null, false],
      ]);
      expect(await store.get('cc33')).toBeNull();
    });

    test('revokes once, and remembers who did it', async () => {
      const { store } = opened;
      await store.add(token);
      expect(await store.revoke('aa11', { by: 'ann@desk', now: 3000 })).toBe('ok');
      expect(await store.revoke('aa11', { by: 'bob@desk', now: 4000 })).toBe('stale');
      expect(await store.revoke('nope', { by: 'bob@desk', now: 4000 })).toBe('stale');
      expect(await store.get('aa11')).toMatchObject({ revokedAt: 3000, revokedBy: 'ann@desk' });
      expect(await store.add(token)).toBe('ok');
      expect(await store.get('aa11')).toMatchObject({ revokedAt: 3000 });
    });
  });
}
