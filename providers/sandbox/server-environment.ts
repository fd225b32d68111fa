import type { NodeFolder } from './node-folder.ts';
import { systemPath } from './shims.ts';

/** What a node's SSH server is started with. */
export interface ServerParams {
  readonly node: NodeFolder;
  readonly port: number;
  readonly clientKeyFile: string; // may log in
  readonly maxSessions: number; // per connection
}

/** The environment entry by which the server itself is known: not that of its users' processes, so that killing theirs spares it. */
export function serverMark(node: NodeFolder): string {
  return node.mark.replace('LOLIGO_NODE=', 'LOLIGO_ENDPOINT=');
}

/** All that the server itself finds in its environment. */
export function serverEnvironment(node: NodeFolder): Record<string, string> {
  return { PATH: systemPath, LOLIGO_ENDPOINT: serverMark(node).slice('LOLIGO_ENDPOINT='.length) };
}
