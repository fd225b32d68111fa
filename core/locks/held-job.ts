import type { JobRef } from './node.ts';

const prefix = 'hold:';

/** The lock under which the nodes of a job that is over stay with its owner. */
export function holdLockId({ run, jobId }: JobRef): string {
  return `${prefix}${run}/${jobId}`;
}

/** The job whose nodes a lock holds; null for any other lock. */
export function heldJob(lockId: string): JobRef | null {
  const at = lockId.lastIndexOf('/');
  if (!lockId.startsWith(prefix) || at === -1) return null;
  return { run: lockId.slice(prefix.length, at), jobId: Number(lockId.slice(at + 1)) };
}
