/** Which runs are still to be reported on, and what has been sent about them: that which must not be forgotten nor done twice. */
export interface RunReports {
  /** Notes that a run is to be reported on when it is over. A second call for the run changes nothing, also when it was closed. */
  want(report: WantedReport): Promise<void>;
  /** The reports that are not closed, the oldest first. */
  open(): Promise<WantedReport[]>;
  /** Notes that something has been sent about a run. A second call changes nothing. */
  mark(run: string, what: string): Promise<void>;
  /** What has been noted about a run. */
  marks(run: string): Promise<ReadonlySet<string>>;
  /** Nothing more is to be reported about the run. A second call changes nothing. */
  close(run: string): Promise<void>;
}

export interface WantedReport {
  readonly run: string;
  readonly email: string | null; // null = only the files in its archive
  readonly mailBy: number; // epoch ms from which there is a mail although the run is not over
}
