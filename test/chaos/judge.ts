import type { Entry, StoreCall } from './history.ts';
import {
  judgeClaim,
  judgeFinish,
  judgeHandBack,
  judgeRenew,
  judgeStart,
  judgeUnclaim,
} from './judge-attempts.ts';
import { judgeFact } from './judge-facts.ts';
import {
  judgeBeginCleaning,
  judgeCleaned,
  judgeLockMany,
  judgeLockRenew,
  judgeMark,
  judgeRegister,
  judgeRelease,
  judgeRemove,
} from './judge-nodes.ts';
import { judgeEnqueue, judgeExpire, judgeKill, judgeSetPriority } from './judge-queue.ts';
import { breach } from './model.ts';
import type { Model } from './model.ts';

type Judge = (model: Model, call: StoreCall, answer: unknown) => void;

const judges: Readonly<Record<string, Judge>> = {
  'jobs.enqueue': judgeEnqueue,
  'jobs.claim': judgeClaim,
  'jobs.unclaim': judgeUnclaim,
  'jobs.handBack': judgeHandBack,
  'jobs.start': judgeStart,
  'jobs.renew': judgeRenew,
  'jobs.finish': judgeFinish,
  'jobs.kill': judgeKill,
  'jobs.expireQueued': judgeExpire,
  'jobs.setPriority': judgeSetPriority,
  'nodes.register': judgeRegister,
  'nodes.remove': judgeRemove,
  'nodes.lockMany': judgeLockMany,
  'nodes.renew': judgeLockRenew,
  'nodes.release': judgeRelease,
  'nodes.beginCleaning': judgeBeginCleaning,
  'nodes.cleaned': judgeCleaned,
  'nodes.mark': judgeMark,
};

/** Judges one entry of the history by those before it, and believes it. A call that threw must have changed nothing. */
export function judge(model: Model, entry: Entry): void {
  if (entry.kind === 'fact') return judgeFact(model, entry);
  if (entry.outcome === null) {
    const text = `${entry.method} by ${entry.who} was not over when the next thing happened`;
    return breach(model, { law: 'history', at: entry.at, text });
  }
  if ('answer' in entry.outcome) judges[entry.method]?.(model, entry, entry.outcome.answer);
}
