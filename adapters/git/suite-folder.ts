import { openSuiteSource } from './open-suite-source.ts';
import type { SuiteSourceRequest } from './open-suite-source.ts';

/**
 * The folder that a job's `suite_path` means: the path itself, or for a URL the tree that is there, fetched into the cache unless it is there
 * already. Throws a SuiteSourceError when it cannot be had.
 */
export async function suiteFolder(
  suitePath: string,
  request: Pick<SuiteSourceRequest, 'relpath' | 'cacheFolder' | 'fetchers'>,
): Promise<string> {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(suitePath)) return suitePath;
  return await (await openSuiteSource({ location: suitePath, ref: null, ...request })).suitePath();
}
