import type { NodeKinds } from './node-kinds.ts';
import type { OwnerUse } from './owner-use.ts';
import type { QueueRules } from './queue-rules.ts';
import type { alikeNodes } from './why-it-waits.ts';

/** Unwinding a job that ran into its deadline and cleaning its nodes, with some reserve. */
export const turnoverMs = 5 * 60_000;

/** What a plan stands on while it is made. */
export interface PlanState {
  readonly now: number; // epoch ms
  readonly rules: QueueRules;
  readonly kinds: NodeKinds;
  readonly alike: ReturnType<typeof alikeNodes>;
  readonly useOf: (owner: string) => OwnerUse;
  reservations: number; // so far
  slots: number; // how many more runners may start, but for the one that is left to jobs that keep nodes
}
