import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { auditCursor } from '../../api/audit-routes.ts';
import type { AuditLog } from '../../core/ports/audit.ts';
import { deskLawCases } from './desk-laws.ts';

interface Store {
  readonly audit: AuditLog;
  readonly close: () => void | Promise<void>;
}

/** What every audit record must do. `setup` gives an empty one. */
export function describeAuditLog(params: { name: string; setup: () => Promise<Store> }): void {
  describe(`audit record: ${params.name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await params.setup();
    });
    afterEach(async () => store.close());
    deskLawCases('audit', () => store.audit);

    test('is listed newest first, of all, of an actor and of a subject, by pages', async () => {
      const { audit } = store;
      const entries = ['ann', 'bob', 'ann', 'ann'].map((actor, at) => ({
        at: at + 1,
        actor,
        action: 'kill',
        subject: at < 2 ? 'r' : 's',
        detail: 'because',
      }));
      for (const entry of entries) await audit.record(entry);
      const times = async (...asked: Parameters<typeof audit.list>) =>
        (await audit.list(...asked)).map(({ at }) => at);
      expect((await audit.list(1))[0]).toMatchObject(entries[3] ?? {});
      expect(await times(9)).toEqual([4, 3, 2, 1]);
      expect(await times(9, { actor: 'ann' })).toEqual([4, 3, 1]);
      expect(await times(9, { subject: 'r' })).toEqual([2, 1]);
      expect(await times(9, { subject: 'r', actor: 'ann' })).toEqual([1]);
      const [, second] = await audit.list(2);
      expect(second?.id).toMatch(auditCursor);
      expect(await times(1, { before: second?.id ?? '' })).toEqual([2]);
    });
  });
}
