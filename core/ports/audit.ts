/** The record of what people did to others' things, and of what the lab did on its own authority. Append only. */
export interface AuditLog {
  record(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<AuditEntry[]>;
}

export interface AuditEntry {
  readonly at: number; // epoch ms
  readonly actor: string;
  readonly action: string; // 'kill', 'quarantine', ...
  readonly subject: string; // 'RUN', 'RUN/JOB', a node
  readonly detail: string;
}
