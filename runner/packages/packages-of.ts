import type { Remote } from '../remote/remote.ts';
import { apt } from './apt.ts';
import type { PackageManager, PackageManagerOptions } from './package-manager.ts';
import { rpm } from './rpm.ts';

/** The package manager of a host, by its distribution. */
export async function packagesOf(remote: Remote, options: PackageManagerOptions): Promise<PackageManager> {
  const { packageType, name } = await remote.os();
  return packageType === 'deb' ? apt(remote, options) : rpm(remote, name, options);
}
