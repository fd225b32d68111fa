import type { NodeFolder } from './node-folder.ts';
import { systemPath } from './shims.ts';

/** What a node's SSH server is started with. */
export interface ServerParams {
  readonly node: NodeFolder;
  readonly port: number;
  readonly clientKeyFile: string; // may log in
  readonly maxSessions: number; // per connection
}

/** The environment of the server itself: marked apart from its users' processes, so that killing theirs spares it. */
export function serverEnvironment(node: NodeFolder): Record<string, string> {
  return { PATH: systemPath, LOLIGO_ENDPOINT: node.mark.slice('LOLIGO_NODE='.length) };
}
