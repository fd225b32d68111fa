import { expect, test } from 'vitest';
import type { AuditLog } from '../../core/ports/audit.ts';
import type { Holds } from '../../core/ports/holds.ts';
import type { NodeEvidence } from '../../core/ports/node-evidence.ts';
import { everyQueue } from '../../core/ports/pauses.ts';
import type { Pauses } from '../../core/ports/pauses.ts';
import type { RunReports } from '../../core/ports/run-reports.ts';
import type { TokenStore } from '../../core/ports/tokens.ts';

/**
 * What the small stores must keep while many act at once. A store that reads, and then writes what it has made of that, breaks each of
 * these; `broken-desks.test.ts` shows it.
 */

/** The stores, each with what its laws ask of it. */
export interface Desks {
  readonly tokens: Pick<TokenStore, 'add' | 'revoke' | 'get'>;
  readonly pauses: Pauses;
  readonly holds: Pick<Holds, 'ask' | 'withdraw' | 'list'>;
  readonly reports: RunReports;
  readonly evidence: Pick<NodeEvidence, 'quarantined' | 'about'>;
  readonly audit: AuditLog;
}

interface Law<Desk> {
  readonly law: string;
  readonly found: (desk: Desk) => Promise<{ readonly is: unknown; readonly must: unknown }>;
}

const people = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];

/** What each gets when all do it at the same moment. */
async function all<Result>(act: (who: string, index: number) => Promise<Result>): Promise<Result[]> {
  return await Promise.all(people.map(act));
}

const token = (who: string) => ({
  id: 'aa11',
  name: who,
  operator: false,
  pool: null,
  sha256: who,
  createdBy: who,
  expiresAt: null,
  now: 1,
});
const hold = (jobId: number) => ({ run: 'r', jobId, seconds: 9, by: 'ann', reason: null, at: 1 });
const entry = (actor: string) => ({ at: 1, actor, action: 'kill', subject: 'r', detail: '' });
const pause = (by: string) => ({ machineType: everyQueue, by, reason: `for ${by}`, since: 1, until: 90 });

export const deskLaws: { readonly [Name in keyof Desks]: readonly Law<Desks[Name]>[] } = {
  tokens: [
    {
      law: 'one of them gets the id of a token, and that one is stored',
      found: async (tokens) => {
        const answers = await all(async (who) => await tokens.add(token(who)));
        const won = people.filter((_, index) => answers[index] === 'ok');
        return { is: [won.length, (await tokens.get('aa11'))?.name], must: [1, won[0]] };
      },
    },
    {
      law: 'one of them revokes a token, and that one is remembered',
      found: async (tokens) => {
        await tokens.add(token('ann'));
        const answers = await all(async (by) => await tokens.revoke('aa11', { by, now: 2 }));
        const won = people.filter((_, index) => answers[index] === 'ok');
        return { is: [won.length, (await tokens.get('aa11'))?.revokedBy], must: [1, won[0]] };
      },
    },
  ],
  pauses: [
    {
      law: 'queues are paused one beside the other, and a pause is ended by one of them',
      found: async (pauses) => {
        await all(async (who) => await pauses.pause({ ...pause(who), machineType: who }));
        const answers = await all(async () => await pauses.resume('p3', 5));
        const left = (await pauses.list(5)).map(({ machineType }) => machineType);
        return {
          is: [left, answers.filter((answer) => answer === 'ok').length],
          must: [people.filter((who) => who !== 'p3'), 1],
        };
      },
    },
  ],
  holds: [
    {
      law: 'no wish to hold is lost, and none that was withdrawn comes back',
      found: async (holds) => {
        await all(async (_, index) => await holds.ask(hold(index)));
        await all(
          async (_, index) => await (index < 2 ? holds.withdraw('r', index) : holds.ask(hold(index + 4))),
        );
        return { is: (await holds.list()).map(({ jobId }) => jobId), must: [2, 3, 4, 5, 6, 7, 8, 9] };
      },
    },
  ],
  reports: [
    {
      law: 'a report is wanted once, and nothing that was sent is forgotten',
      found: async (reports) => {
        await all(async (email, index) => {
          await reports.want({ run: `r${index % 2}`, email, mailBy: 1 });
          await reports.mark('r0', email);
        });
        const open = (await reports.open()).map(({ run }) => run).toSorted();
        return { is: [open, [...(await reports.marks('r0'))].toSorted()], must: [['r0', 'r1'], people] };
      },
    },
  ],
  evidence: [
    {
      law: 'every quarantine of a node counts',
      found: async (evidence) => {
        await all(async (reason) => await evidence.quarantined({ node: 'a', reason, now: 1 }));
        const reasons = (await evidence.about('a')).map(({ reason }) => reason).toSorted();
        return { is: reasons, must: people };
      },
    },
  ],
  audit: [
    {
      law: 'every act is on record, under a place of its own',
      found: async (audit) => {
        await all(async (actor) => await audit.record(entry(actor)));
        const records = await audit.list(99);
        const actors = records.map(({ actor }) => actor).toSorted();
        return { is: [actors, new Set(records.map(({ id }) => id)).size], must: [people, people.length] };
      },
    },
  ],
};

/** The tests that a store keeps its laws. */
export function deskLawCases<Name extends keyof Desks>(name: Name, get: () => Desks[Name]): void {
  test.each(deskLaws[name])('while many act at once, $law', async ({ found }) => {
    const { is, must } = await found(get());
    expect(is).toEqual(must);
  });
}
