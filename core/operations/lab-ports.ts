import type { Archive } from '../ports/archive.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Holds } from '../ports/holds.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Launcher } from '../ports/launcher.ts';
import type { Logger } from '../ports/logger.ts';
import type { NodeEvidence } from '../ports/node-evidence.ts';
import type { NodeStore } from '../ports/node-store.ts';
import type { Pauses } from '../ports/pauses.ts';
import type { Provider } from '../ports/provider.ts';
import type { Wakeups } from '../ports/wakeups.ts';

/** What the operations of a lab stand on; each takes the few it needs. */
export interface LabPorts {
  readonly jobs: JobStore;
  readonly nodes: NodeStore;
  readonly pauses: Pauses;
  readonly evidence: NodeEvidence;
  readonly holds: Holds;
  readonly archive: Archive;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly launcher: Launcher;
  readonly log: Logger;
  readonly providers: ReadonlyMap<string, Provider>; // by `Node.provider`
  readonly wakeups: Wakeups;
}

/** How long an attempt may go without renewing its lease. */
export const leaseMs = 60_000;

/** How often a claim may fail before its runner starts, until the job is given up. */
export const mostAttempts = 5;

/** How long a runner may unwind after it was asked to stop. */
export const unwindMs = 120_000;

/** How long after that it is ended by force, and its lease not renewed any more. */
export const forceAfterMs = 30_000;
