import type { Hold, Holds } from '../../core/ports/holds.ts';
import type { JobRecord, JobStore, RenewResult, Transition } from '../../core/ports/job-store.ts';
import type { NodeEvidence } from '../../core/ports/node-evidence.ts';
import { WorkRefusedError } from './lab-calls.ts';
import type { AttemptCalls } from './lab-calls.ts';

/** What a runner needs of the stores of its lab. */
export interface RunnerStores {
  readonly jobs: Pick<JobStore, 'getJob' | 'start' | 'renew' | 'handBack' | 'finish'>;
  readonly evidence: Pick<NodeEvidence, 'report'>;
  readonly holds: Pick<Holds, 'of'>;
}

/** The stores of a lab as the runner of one attempt sees them over HTTP. Times are the lab's: what the runner's clock says is left out. */
export function httpStores(calls: AttemptCalls): RunnerStores {
  const record = async () => await calls.ask<{ job: JobRecord; hold: Hold | null }>('job', {});
  return {
    jobs: {
      getJob: async () => (await record()).job,
      start: (_attempt, { runner }) => transition(() => calls.ask('start', { runner })),
      async renew() {
        try {
          return await calls.ask<RenewResult>('renew', {});
        } catch (error) {
          if (isOver(error)) return { kind: 'stale' };
          throw error;
        }
      },
      handBack: (_attempt, { actor, nodesClean }) =>
        transition(() => calls.ask('hand-back', { actor, nodes_clean: nodesClean })),
      finish: (_attempt, outcome) => {
        const until = outcome.holdNodesUntil ?? null;
        const body = {
          status: outcome.status,
          failure_reason: outcome.failureReason,
          actor: outcome.actor,
          duration_seconds: outcome.durationSeconds,
          nodes_clean: outcome.nodesClean,
          hold_seconds: until === null ? null : (until - outcome.now) / 1000,
        };
        return transition(() => calls.ask('finish', body));
      },
    },
    evidence: { report: (_attempt, findings) => transition(() => calls.ask('report', { findings })) },
    holds: { of: async () => (await record()).hold },
  };
}

async function transition(ask: () => Promise<{ result: Transition }>): Promise<Transition> {
  try {
    return (await ask()).result;
  } catch (error) {
    if (isOver(error)) return 'stale';
    throw error;
  }
}

function isOver(error: unknown): boolean {
  return error instanceof WorkRefusedError && (error.status === 409 || error.status === 404);
}
