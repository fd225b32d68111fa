import type { KilledJobs, KillManyOrder } from '../core/operations/kill-many.ts';
import type { KillOrder } from '../core/operations/kill.ts';
import type { SuiteOrder } from '../core/operations/suite-order.ts';
import type { SubmissionContext } from '../core/operations/submission.ts';
import type { AuditLog } from '../core/ports/audit.ts';
import type { Pauses } from '../core/ports/pauses.ts';
import type { StartTimes, WaitingJob } from '../core/scheduling/wait.ts';
import type { Provider } from '../core/ports/provider.ts';
import type { Workers } from '../core/ports/workers.ts';
import type { Wakeups } from '../core/ports/wakeups.ts';
import type { Archive } from '../core/ports/archive.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Holds } from '../core/ports/holds.ts';
import type { JobRecord, JobStore } from '../core/ports/job-store.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { Notifier } from '../core/ports/notifier.ts';
import type { NodeEvidence } from '../core/ports/node-evidence.ts';
import type { NodeStore } from '../core/ports/node-store.ts';
import type { ApiLimits } from '../core/config/site-settings.ts';
import type { Submissions } from '../core/ports/submissions.ts';
import type { LabCounts } from '../core/ports/lab-counts.ts';
import type { RunEvents } from '../core/ports/run-events.ts';
import type { Pulse } from './pulse.ts';
import type { TokenStore } from '../core/ports/tokens.ts';

/** What the API stands on; the composition root picks it. */
export interface ApiPorts {
  readonly jobs: JobStore;
  readonly nodes: NodeStore;
  readonly pauses: Pauses;
  readonly evidence: NodeEvidence;
  readonly holds: Holds;
  readonly archive: Archive;
  readonly submissions: Submissions;
  readonly audit: AuditLog;
  readonly tokens: TokenStore;
  readonly events: RunEvents;
  readonly counts: LabCounts;
  /** What the loops of the lab have done so far; not given where there are none. */
  readonly pulse?: () => Pulse;
  /** A file of the pages for people by its path; null = there is none. Not given where others serve them. */
  readonly pages?: (path: string) => Promise<PageFile | null>;
  readonly notifier?: Notifier; // not given: mails cannot be asked for
  readonly wakeups: Wakeups;
  readonly workers: Workers;
  readonly providers: ReadonlyMap<string, Pick<Provider, 'capabilities'>>; // by `Node.provider`
  readonly clock: Clock;
  readonly limits?: ApiLimits; // default: none
  readonly log: Logger;
  /** Where readers find the lab: `http://127.0.0.1:8080`, no slash at the end. */
  readonly url: string;
  /** Who is behind an Authorization header; null when nobody that the lab knows. */
  readonly authenticate: (authorization: string | null) => Promise<Caller | null>;
  /** Why a queued job waits, as the last pass of the dispatcher saw it; null before the first. */
  readonly whyWaiting: (job: JobRecord) => Pick<WaitingJob, 'reason' | keyof StartTimes> | null;
  /** Carries out a submission; throws ProblemError where it cannot be taken. */
  readonly submit: Submit;
  /** Ends jobs as `core/operations/kill.ts` says. */
  readonly kill: (order: KillOrder) => Promise<number[]>;
  /** Ends jobs as `core/operations/kill-many.ts` says. */
  readonly killMany: (order: KillManyOrder) => Promise<KilledJobs[]>;
}

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string; // for Content-Type
}

export interface Caller {
  readonly name: string; // login@host: the owner of what they submit
  readonly operator: boolean; // may act for others
  readonly pool?: string | null; // a worker's credential: it is good for the jobs of this machine type, and nothing else
}

/** Both are repeatable: the same request at the same time gives the same run, and adds no job twice. */
export interface Submit {
  readonly suite: (request: SuiteRequest, context: SubmissionContext) => Promise<SubmitResult>;
  readonly job: (request: JobRequest, context: SubmissionContext) => Promise<SubmitResult>;
}

export interface SuiteRequest extends SuiteOrder {
  readonly resultsTimeout?: number | null; // seconds until there is a mail although the run is not over; null = as the site says
  readonly dryRun: boolean; // true = expand and check, enqueue nothing
  readonly details: boolean; // true = a dry run also gives the jobs' configs
}

export interface JobRequest {
  readonly yaml: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly machineType: string | null; // null = the config's, else the one the lab has
  readonly priority: number | null; // null = the config's, else 1000
  readonly num: number;
}

export interface SubmitResult {
  readonly run: string;
  readonly jobIds: readonly number[]; // of a dry run: none
  readonly jobs: number; // accepted, or what would be
  readonly dropped: number; // by filters
  readonly seed: number | null;
  readonly descriptions: readonly string[]; // of a dry run
  readonly configs?: readonly string[]; // of a dry run with details, as YAML; one for each description
  readonly base?: string | null; // what the fragments were merged over, as YAML, likewise
  readonly generated?: number; // jobs before filters
  readonly notes?: readonly string[]; // sentences for whoever submits
}
