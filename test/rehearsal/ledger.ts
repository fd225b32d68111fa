import type { Call } from './acts.ts';
import type { Act, PolicyDocument, Verdict } from './policy.ts';

/** What happened at the gateway. */
export interface Ledger {
  called(caller: string, call: Call): void;
  judged(caller: string, act: Act, verdict: Verdict): void;
  trouble(line: string): void;
  /** A trigger of the template was set off, by its id. */
  triggered(id: string): void;
  readonly triggers: ReadonlySet<string>;
  /** What should not have happened: refusals, calls that nobody knows, signatures that do not hold. */
  readonly troubles: readonly string[];
  /** How many calls there were, by `service:Operation`, made by some of the callers. */
  counts(by?: (caller: string) => boolean): Readonly<Record<string, number>>;
  /** Whether somebody did this, and was allowed to. */
  used(caller: string, action: string): boolean;
}

export function createLedger(): Ledger {
  const calls = new Map<string, { caller: string; name: string; times: number }>();
  const used = new Set<string>();
  const troubles: string[] = [];
  const triggers = new Set<string>();
  const key = (caller: string, action: string) => `${caller} ${action.toLowerCase()}`;
  return {
    troubles,
    triggers,
    triggered: (id) => void triggers.add(id),
    called(caller, { service, operation }) {
      const name = `${service}:${operation}`;
      const known = calls.get(`${caller} ${name}`) ?? { caller, name, times: 0 };
      known.times += 1;
      calls.set(`${caller} ${name}`, known);
    },
    judged(caller, act, verdict) {
      if (verdict.allowed) used.add(key(caller, act.action));
      else troubles.push(`${caller}: ${verdict.reason}`);
    },
    trouble: (line) => void troubles.push(line),
    counts(by = () => true) {
      const sums: Record<string, number> = {};
      for (const { caller, name, times } of calls.values())
        if (by(caller)) sums[name] = (sums[name] ?? 0) + times;
      return sums;
    },
    used: (caller, action) => used.has(key(caller, action)),
  };
}

/** The actions that a role is allowed, one for each name. */
export function grantedActions(policies: readonly PolicyDocument[]): string[] {
  const allowed = policies.flatMap(({ Statement }) => Statement.filter(({ Effect }) => Effect === 'Allow'));
  return [...new Set(allowed.flatMap(({ Action }) => (typeof Action === 'string' ? [Action] : [...Action])))];
}
