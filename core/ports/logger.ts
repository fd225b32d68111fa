/**
 * Named loggers as the original has them (`teuthology.orchestra.run.host`). A message of several lines is one record.
 */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  critical(message: string): void;
  /** A logger below this one; the name is appended after a dot. */
  child(name: string): Logger;
}
