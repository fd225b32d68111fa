import type { Logger } from '../../core/ports/logger.ts';

/** The packages of one host, whatever its distribution calls the programs that handle them. All methods need root there. */
export interface PackageManager {
  readonly kind: 'deb' | 'rpm';
  /**
   * Makes the host take packages from a repository too, after the next `update`. A second call with the same name replaces the first.
   * Throws RepositoryKeyError when the key cannot be had.
   */
  addRepository(repository: Repository): Promise<void>;
  /** Forgets a repository that `addRepository` added; one that is not there is fine. */
  removeRepository(name: string): Promise<void>;
  /** Reads anew what the repositories have. Throws PackageSourceError for one that was added here; others only warn. */
  update(): Promise<void>;
  /** Installs packages, or moves them to the given version, also to an older one. Throws PackageNotFoundError, PackageSourceError, NoRoomError. */
  install(packages: readonly PackageWish[]): Promise<void>;
  /** Brings installed packages to the newest version that the repositories have; those that are missing are installed. */
  upgrade(packages: readonly PackageWish[]): Promise<void>;
  /** Moves packages to the newest version of the repositories even where that is older. */
  downgrade(packages: readonly string[]): Promise<void>;
  /** Installs package files that are on the host. */
  installFiles(paths: readonly string[]): Promise<void>;
  /** Takes packages away with their configuration. Those that are not installed are fine. */
  remove(packages: readonly string[]): Promise<void>;
  /** null = not installed. */
  installedVersion(name: string): Promise<string | null>;
  /** Whether a version is newer than another, by the rules of the distribution. */
  isNewer(version: string, other: string): Promise<boolean>;
  /** All packages that are installed, with their versions. */
  installed(): Promise<ReadonlyMap<string, string>>;
}

/** A package to install; version null = the newest that there is. */
export interface PackageWish {
  readonly name: string;
  readonly version: string | null;
}

/** Where packages come from beside the distribution's own repositories. */
export interface Repository {
  readonly name: string; // of its files on the host: [A-Za-z0-9._-]
  readonly url: string;
  readonly suite: string | null; // deb only: `bookworm`; null = the packages are directly below the URL
  readonly components: readonly string[]; // deb only, with a suite
  readonly priority: number | null; // 1 = wins over everything ... 99, as dnf counts; null = the highest version wins
  readonly key: string | null; // the public key that signs it, as text or URL; null = signatures are not checked
}

/** What a package manager works with. */
export interface PackageManagerOptions {
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Between two tries while another process holds the lock, 30 times; default 10. */
  readonly retrySeconds?: number;
}
