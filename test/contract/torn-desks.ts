import { setImmediate as turn } from 'node:timers/promises';
import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { AuditRecord } from '../../core/ports/audit.ts';
import type { Hold } from '../../core/ports/holds.ts';
import type { EvidenceEntry } from '../../core/ports/node-evidence.ts';
import type { Pause } from '../../core/ports/pauses.ts';
import type { WantedReport } from '../../core/ports/run-reports.ts';
import type { TokenRecord } from '../../core/ports/tokens.ts';
import type { Desks } from './desk-laws.ts';

interface Pages {
  readonly tokens: Map<string, TokenRecord>;
  readonly pauses: Map<string, Pause>;
  readonly holds: Map<number, Hold>;
  readonly reports: Map<string, WantedReport & { closed: boolean }>;
  readonly marks: Map<string, Set<string>>;
  readonly evidence: EvidenceEntry[];
  readonly audit: AuditRecord[];
}

/**
 * A fake: the small stores in memory, each right as long as one acts at a time. With `torn`, each change reads, waits for its turn, and
 * writes what it has made of what it read.
 */
export function memoryDesks({ torn }: { torn: boolean }): Desks {
  let pages: Pages = {
    tokens: new Map(),
    pauses: new Map(),
    holds: new Map(),
    reports: new Map(),
    marks: new Map(),
    evidence: [],
    audit: [],
  };
  const change = async <T>(act: (pages: Pages) => T): Promise<T> => {
    const read = structuredClone(pages);
    if (torn) await turn();
    const answer = act(read);
    pages = read;
    return answer;
  };
  return {
    tokens: {
      add: async ({ now: createdAt, ...token }) =>
        await change(({ tokens }) => {
          const known = tokens.get(token.id);
          if (known !== undefined) return known.sha256 === token.sha256 ? 'ok' : 'taken';
          tokens.set(token.id, { ...token, createdAt, revokedAt: null, revokedBy: null });
          return 'ok';
        }),
      get: async (id) => pages.tokens.get(id) ?? null,
      revoke: async (id, { by, now }) =>
        await change(({ tokens }) => {
          const known = tokens.get(id);
          if (known === undefined || known.revokedAt !== null) return 'stale';
          tokens.set(id, { ...known, revokedAt: now, revokedBy: by });
          return 'ok';
        }),
    },
    pauses: {
      pause: async (pause) => await change(({ pauses }) => void pauses.set(pause.machineType, pause)),
      resume: async (type) => await change(({ pauses }) => (pauses.delete(type) ? 'ok' : 'stale')),
      list: async () =>
        [...pages.pauses.values()].sort((a, b) => compareCodePoints(a.machineType, b.machineType)),
    },
    holds: {
      ask: async (hold) => await change(({ holds }) => void holds.set(hold.jobId, hold)),
      withdraw: async (_, jobId) => await change(({ holds }) => void holds.delete(jobId)),
      list: async () => [...pages.holds.values()].sort((a, b) => a.jobId - b.jobId),
    },
    reports: {
      want: async (report) =>
        await change(({ reports }) => {
          if (!reports.has(report.run)) reports.set(report.run, { ...report, closed: false });
        }),
      open: async () => [...pages.reports.values()].filter(({ closed }) => !closed),
      mark: async (run, what) =>
        await change(({ marks }) => void marks.set(run, new Set([...(marks.get(run) ?? []), what]))),
      marks: async (run) => pages.marks.get(run) ?? new Set(),
      close: async (run) =>
        await change(({ reports }) => {
          const known = reports.get(run);
          if (known !== undefined) reports.set(run, { ...known, closed: true });
        }),
    },
    evidence: {
      quarantined: async ({ reason, now: at }) =>
        await change(({ evidence }) => void evidence.push({ kind: 'quarantined', at, reason })),
      about: async () => pages.evidence,
    },
    audit: {
      record: async (record) =>
        await change(({ audit }) => void audit.push({ ...record, id: String(audit.length) })),
      list: async (limit) => pages.audit.toReversed().slice(0, limit),
    },
  };
}
