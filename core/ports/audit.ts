/** The record of every change that somebody made, and of what the lab did on its own authority. Append only. */
export interface AuditLog {
  record(entry: AuditEntry): Promise<void>;
  /** Newest first; with `before` those behind that record, so that new ones move no page. */
  list(limit: number, filter?: AuditFilter): Promise<AuditRecord[]>;
}

export interface AuditEntry {
  readonly at: number; // epoch ms
  readonly actor: string;
  readonly action: string; // 'kill', 'quarantine', ...
  readonly subject: string; // 'RUN', 'RUN/JOB', a node
  readonly detail: string;
}

export interface AuditRecord extends AuditEntry {
  readonly id: string; // its place in the record, for `before`
}

export interface AuditFilter {
  readonly before?: string; // the `id` of a record
  readonly actor?: string;
  readonly subject?: string;
}
