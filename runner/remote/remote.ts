import type { Readable, Writable } from 'node:stream';
import type { Logger } from '../../core/ports/logger.ts';
import type { Raw } from './quote.ts';

/** A host as a task sees it: one SSH connection, one channel a command. */
export interface Remote {
  readonly name: string; // user@host, as in `targets`
  readonly shortname: string; // up to the first dot; IPs unchanged. Archive folder and logger name
  readonly user: string;
  readonly hostname: string;
  /** Where tests keep their files on this host; `$TESTDIR`. Known once connected. */
  readonly testDir: string;
  readonly connected: boolean;
  /** How a person reaches this host, as a shell command. */
  readonly sshCommand: string;

  /** Opens the connection; retries as spec'd by ConnectOptions. Safe to call on an open connection. */
  connect(options?: ConnectOptions): Promise<void>;
  /** Closes, waits for the host to answer again within `timeoutMs`, and connects; the host key stays pinned. */
  reconnect(options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<void>;
  close(): Promise<void>;
  /** Whether the connection is up and answers a command. */
  isOnline(): Promise<boolean>;
  /** `shutdown -r now`, then reconnects. */
  reboot(options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<void>;

  /**
   * Runs a command to its end. A string goes to the remote login shell as it is; a list is quoted word by word (Raw is not).
   * Rejects with CommandFailedError, CommandCrashedError, CommandTimeoutError, CommandCanceledError or ConnectionLostError, all of
   * which have the result's fields; with `check: false` an exit status is only returned. Output is logged unless `quiet`,
   * and only collected when asked for.
   */
  run(command: Command, options?: RunOptions): Promise<CommandResult>;
  /** Starts a command and returns at once with a handle on it. */
  start(command: Command, options?: StartOptions): Promise<RemoteProcess>;
  /** Runs a shell script and returns its standard output (not trimmed). */
  sh(script: string, options?: Omit<RunOptions, 'collect'>): Promise<string>;

  writeFile(path: string, content: string | Uint8Array | Readable, options?: WriteFileOptions): Promise<void>;
  /** Throws RemoteFileNotFoundError when there is no such file. */
  readFile(path: string, options?: { sudo?: boolean; signal?: AbortSignal }): Promise<Buffer>;
  putFile(localPath: string, remotePath: string, options?: WriteFileOptions): Promise<void>;
  getFile(
    remotePath: string,
    localPath: string,
    options?: { sudo?: boolean; signal?: AbortSignal },
  ): Promise<void>;
  /** The regular files below a directory, one at a time in bounded memory; each content must be consumed before the next. */
  pullDirectory(
    path: string,
    receive: (file: PulledFile) => Promise<void>,
    options?: { sudo?: boolean; signal?: AbortSignal },
  ): Promise<void>;

  os(): Promise<OsInfo>;
  arch(): Promise<string>; // uname -m
}

export type Command = string | readonly (string | Raw)[];

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array | Readable; // absent = closed at once
  /** Keep output in the result: which streams. At most `collectLimit` bytes each; beyond, the command fails with OutputLimitError. */
  readonly collect?: 'stdout' | 'stderr' | 'both';
  readonly collectLimit?: number; // bytes, default 64 MiB
  /** Called with each chunk as it arrives; back-pressure reaches the remote command while the promise is pending. */
  readonly onStdout?: (chunk: Buffer) => void | Promise<void>;
  readonly onStderr?: (chunk: Buffer) => void | Promise<void>;
  readonly quiet?: boolean; // do not log the streams
  readonly check?: boolean; // default true: a non-zero exit rejects
  readonly timeoutMs?: number; // a real deadline: the remote process group is killed
  readonly signal?: AbortSignal; // cancels in the same way
  readonly label?: string; // in the echo and in the failure text
  readonly logger?: Logger; // parent of `<short>.stdout`; default teuthology.orchestra.run
}

export interface StartOptions extends Omit<RunOptions, 'stdin' | 'collect' | 'collectLimit'> {
  readonly stdin?: 'pipe' | 'closed'; // default closed
}

/** A command on its way. Losing the handle does not end the command; closing stdin ends one under the daemon helper. */
export interface RemoteProcess {
  readonly command: string;
  readonly stdin: Writable | null; // null unless started with stdin: 'pipe'
  readonly finished: boolean;
  /** Resolves or rejects like `run`. May be called more than once. */
  wait(): Promise<CommandResult>;
  /** Signals the remote process group. */
  kill(signal?: 'TERM' | 'KILL' | 'INT' | 'HUP'): Promise<void>;
}

/** What became of a command; errors carry the same fields. */
export interface CommandResult {
  readonly host: string; // shortname
  readonly command: string;
  readonly label: string | null;
  readonly exitStatus: number | null; // null when a signal ended it or the connection was lost
  readonly signal: string | null;
  readonly stdout: string; // '' unless collected
  readonly stderr: string;
  readonly durationMs: number;
}

export interface ConnectOptions {
  readonly attempts?: number; // default 10
  readonly signal?: AbortSignal;
}

export interface WriteFileOptions {
  readonly sudo?: boolean;
  readonly mode?: string; // '0644'
  readonly owner?: string; // 'ubuntu:ubuntu'
  readonly mkdir?: boolean; // make the parent folders
  readonly append?: boolean;
  readonly signal?: AbortSignal;
}

export interface PulledFile {
  readonly path: string; // relative, munged: safe to write below any folder
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array>;
}

export interface OsInfo {
  readonly name: string; // 'debian', 'ubuntu', 'centos', ...
  readonly version: string; // '12', '22.04', '9.stream'
  readonly codename: string;
  readonly packageType: 'deb' | 'rpm';
}
