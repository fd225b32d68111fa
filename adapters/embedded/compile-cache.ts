import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

/**
 * Keeps compiled modules in the user's own cache folder, which halves what a process of ours needs to start. Modules that are
 * imported before the call are not kept. A folder that cannot be written, or no HOME, means no cache and is no failure.
 */
export function keepCompiled(env: Readonly<Record<string, string | undefined>>): void {
  const home = env['HOME'];
  if (home !== undefined && home !== '') enableCompileCache(join(home, '.cache', 'loligo', 'compiled'));
}
