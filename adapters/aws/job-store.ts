import type { JobStore } from '../../core/ports/job-store.ts';
import { dynamoAttempts } from './job-attempts.ts';
import { dynamoQueue } from './job-queue.ts';
import { dynamoRuns } from './job-runs.ts';
import type { Tables } from './table.ts';

/** The job store on DynamoDB. Any number of processes may have one on the same tables. */
export function dynamoJobStore(tables: Tables): JobStore {
  return { ...dynamoRuns(tables), ...dynamoQueue(tables), ...dynamoAttempts(tables) };
}
