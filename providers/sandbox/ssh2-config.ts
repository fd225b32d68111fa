/** What one server is told, in a file. */
export interface Ssh2ServerConfig {
  readonly port: number; // on 127.0.0.1
  readonly user: string; // the only login
  readonly shell: string;
  readonly hostKeyFile: string;
  readonly authorizedKeys: readonly string[]; // files, read at each login; missing ones are fine
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly maxSessions: number; // open channels per connection
  readonly sftpServer: string | null;
}
