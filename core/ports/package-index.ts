/** Where built packages are found: which commits of a project were built, and for what. */
export interface PackageIndex {
  /** For messages. */
  readonly origin: string;
  /** The newest finished build that fits; null when there is none. Throws PackageIndexError when the index gives no answer. */
  find(wanted: PackageQuery): Promise<PackageBuild | null>;
}

export interface PackageQuery {
  readonly project: string; // `ceph`, `kernel`
  readonly ref: { readonly branch: string } | { readonly sha1: string };
  readonly flavor: string;
  readonly osType: string | null; // null = built for any system
  readonly osVersion: string | null;
  readonly arch: string | null; // null = any
}

export interface PackageBuild {
  readonly sha1: string;
  readonly version: string | null; // of the packages; null = the index does not say
}

/** The index cannot be asked, or answers what cannot be read: nothing is known about any build. */
export class PackageIndexError extends Error {
  override readonly name = 'PackageIndexError';
  constructor(origin: string, reason: string, options?: ErrorOptions) {
    super(`the package index ${origin} gives no answer: ${reason}`, options);
  }
}
