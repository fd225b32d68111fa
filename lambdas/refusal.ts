import { ProblemError, problemOf } from '../api/problem.ts';

/** Whether a submission is refused for what it says, so that no repetition helps; the API would answer it with 4xx. */
export function refusesForGood(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const status = error instanceof ProblemError ? error.status : problemOf(error)?.status;
  return status !== undefined && status < 500;
}
