/** A job as reports of a run show it. `status` is text: a report copes with statuses that it does not know. */
export interface ResultJob {
  readonly jobId: number;
  readonly status: string;
  readonly description: string;
  readonly durationSeconds: number | null;
  readonly failureReason: string | null;
  readonly infoUrl: string | null; // its page
  readonly logUrl: string | null; // its folder in the archive
}

/** What reports say about a run itself. */
export interface ResultRun {
  readonly name: string;
  readonly suite: string; // '' = a single job
  readonly submittedAt: number; // epoch ms
  readonly infoUrl: string | null;
  readonly logUrl: string | null;
}
