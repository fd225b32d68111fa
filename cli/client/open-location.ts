import { join } from 'node:path';
import { openSuiteSource } from '../../adapters/git/open-suite-source.ts';
import type { OpenSuiteSource } from '../../adapters/git/open-suite-source.ts';
import type { FetchTarball } from '../../core/ports/suite-source.ts';

/**
 * Opens suites from wherever a user may have them, with what was fetched kept below `cache/suites` of the lab's folder. A bucket is
 * asked with the AWS credentials of the surroundings.
 */
export async function openLocation(params: {
  location: string;
  ref: string | null;
  relpath: string;
  folder: string; // of the lab
}): Promise<OpenSuiteSource> {
  const { folder, ...place } = params;
  return await openSuiteSource({ ...place, cacheFolder: suiteCache(folder), fetchers: { s3: fromBucket } });
}

/** Where suites from elsewhere are kept, for `pruneCheckouts`. */
export function suiteCache(folder: string): string {
  return join(folder, 'cache/suites');
}

/** The SDK is large, and hardly anybody's suites are in a bucket. */
const fromBucket: FetchTarball = async (url, signal) => {
  const { s3Tarballs } = await import('../../adapters/aws/s3-tarball.ts');
  return await s3Tarballs()(url, signal);
};
