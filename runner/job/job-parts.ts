import type { Logger } from '../../core/ports/logger.ts';
import type { JobArchive } from '../archive/job-archive.ts';
import type { Mask } from '../archive/mask.ts';
import type { StopControl } from '../engine/stop.ts';
import type { JobDocument, Summary } from '../engine/task.ts';
import type { Verdict } from '../engine/verdict.ts';
import type { EarlyConnections } from './early-connections.ts';
import type { HostFindings } from './host-findings.ts';
import type { JobFiles } from './job-files.ts';
import type { RunJobParams } from './job-params.ts';

/** A job with what its execution stands on. */
export interface ExecuteParams extends RunJobParams {
  readonly job: JobDocument;
  readonly folder: JobArchive | null;
  readonly mask: Mask;
  readonly log: Logger;
  readonly stop: StopControl;
  /** Brings what was logged so far to the archive. */
  readonly flush: () => Promise<void>;
}

/** The parts that the phases of a job hand to each other. */
export interface JobParts {
  readonly params: ExecuteParams;
  readonly log: Logger; // teuthology.run
  readonly files: JobFiles;
  readonly summary: Summary;
  readonly verdict: Verdict;
  readonly findings: HostFindings;
  readonly early: EarlyConnections;
}
