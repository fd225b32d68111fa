/** One job's folder in the archive. Paths are relative to it. */
export interface JobArchive {
  put(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  append(path: string, content: string | Uint8Array): Promise<void>;
  /** The public URL of a file of this job, or null when the archive is not served. */
  url(path: string): string | null;
  /** Where the folder is, for messages and info.yaml. */
  readonly location: string;
}
