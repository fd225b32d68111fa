import type { NewRun, RunRecord } from '../ports/job-store.ts';
import type { LabPorts } from './lab-ports.ts';
import { checkRunName } from './run-name.ts';

/** Who submits, and when. The same submission made again has the same `now` and says `resumed`. */
export interface SubmissionContext {
  readonly owner: string; // login@host, an identity that has been checked
  readonly now: number; // epoch ms, of the first try
  readonly resumed: boolean; // true = an earlier try may have been cut short: go on where it stopped
}

/** A run of that name is there already, and is not the one that this submission began. */
export class RunExistsError extends Error {
  override readonly name = 'RunExistsError';
  readonly run: string;
  constructor(run: string) {
    super(`a run named '${run}' exists already`);
    this.run = run;
  }
}

/** Makes the run, or finds the one that an earlier try of the same submission made. Throws RunExistsError and RunNameError. */
export async function openRun(
  ports: Pick<LabPorts, 'jobs'>,
  run: Omit<NewRun, 'now' | 'owner'>,
  context: SubmissionContext,
): Promise<RunRecord> {
  checkRunName(run.name);
  const made = await ports.jobs.createRun({ ...run, owner: context.owner, now: context.now });
  const record = await ports.jobs.getRun(run.name);
  if (record === null) throw new Error(`run '${run.name}' is gone after it was created`);
  const ours = record.owner === context.owner && record.submittedAt === context.now;
  if (made === 'exists' && !(context.resumed && ours)) throw new RunExistsError(run.name);
  return record;
}

/** Like `openRun`, for a name that nobody asked for: where it is taken, `NAME.2`, `NAME.3` and so on are tried. */
export async function openFreeRun(...[ports, run, context]: Parameters<typeof openRun>): Promise<RunRecord> {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? run.name : `${run.name}.${count}`;
    try {
      return await openRun(ports, { ...run, name }, context);
    } catch (error) {
      if (!(error instanceof RunExistsError)) throw error;
    }
  }
}
