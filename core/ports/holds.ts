/** Wishes of people that the nodes of a job stay as they are when it ends. They are carried out by whoever ends the job. */
export interface Holds {
  /** Notes a wish. A second one for the same job takes the place of the first. */
  ask(hold: Hold): Promise<void>;
  /** The wish for a job, or null. */
  of(run: string, jobId: number): Promise<Hold | null>;
  /** Takes a wish back. A second call changes nothing. */
  withdraw(run: string, jobId: number): Promise<void>;
  /** All wishes, in the order of the job ids. */
  list(): Promise<Hold[]>;
}

export interface Hold {
  readonly run: string;
  readonly jobId: number;
  readonly seconds: number; // from the end of the job on
  readonly by: string;
  readonly reason: string | null;
  readonly at: number; // epoch ms
}
