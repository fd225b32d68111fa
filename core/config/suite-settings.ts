/** What a site says about suites and the builds that they test. */
export interface SuiteSettings {
  readonly cephRepo: string | null; // null = branches and hashes are not looked up
  readonly suiteRepo: string | null; // null = cephRepo
  readonly teuthologyRepo: string | null;
  readonly teuthologyBranch: string | null;
  readonly packageIndexUrl: string | null; // null = packages are not checked
  readonly verifyCephHash: boolean;
  readonly allowMissingPackages: boolean;
  readonly jobThreshold: number; // 0 = any number of jobs
  readonly archiveUpload: string | null;
  readonly archiveUploadKey: string | null;
}

/** The suite settings of a site without a settings file. */
export const defaultSuiteSettings: SuiteSettings = {
  cephRepo: null,
  suiteRepo: null,
  teuthologyRepo: null,
  teuthologyBranch: null,
  packageIndexUrl: null,
  verifyCephHash: true,
  allowMissingPackages: false,
  jobThreshold: 500,
  archiveUpload: null,
  archiveUploadKey: null,
};

const usualRepo = 'https://github.com/ceph/ceph-ci.git';

/**
 * The URL that a repository's name on the command line stands for: `fork` takes the place of the last part of the configured
 * URL, `me/fork` of the last two, anything with a `:` or more parts is a URL or path already.
 */
export function repositoryUrl(name: string, configured: string | null): string {
  const parts = name.split('/');
  if (name.includes(':') || name.startsWith('.') || parts.length > 2 || parts.includes('')) return name;
  const base = (configured ?? usualRepo).replace(/\/+$/, '').split('/');
  const repo = name.endsWith('.git') ? name : `${name}.git`;
  return [...base.slice(0, base.length - parts.length), repo].join('/');
}
