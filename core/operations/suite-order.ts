import type { GivenFilters } from '../suites/keywords.ts';
import type { BuildWishes } from './choose-build.ts';

/** Everything that somebody may say about a suite to be queued; null = nothing was said, and the lab decides. */
export interface SuiteOrder extends BuildWishes {
  readonly suite: string | null; // null = that of the run to repeat
  readonly rerun: { readonly run: string; readonly statuses: readonly string[] } | null;
  readonly suiteDir: string | null; // a folder on the machine of the lab; null = from suiteRepo
  readonly suiteRelpath: string | null; // where `suites` is; null = `qa` where there is one, else the top
  readonly machineType: string | null; // one type, or several separated by commas
  readonly name: string | null; // of the run
  readonly priority: number;
  readonly forcePriority: boolean;
  readonly jobThreshold: number | null; // 0 = any number of jobs
  readonly subset: string | null; // 'M/N'
  readonly seed: number | null;
  readonly noNestedSubset: boolean | null;
  readonly filters: GivenFilters;
  readonly compat: boolean; // filters and reruns select as the original's did
  readonly limit: number; // 0 = all
  readonly num: number; // copies of each job
  readonly configYaml: readonly string[]; // merged last
  readonly distro: string | null;
  readonly distroVersion: string | null;
  readonly arch: string | null;
  readonly newest: number; // how many commits to go back for packages
  readonly packageIndex: string | null; // URL
  readonly expire: string | null;
  readonly email: string | null;
  readonly rocketchat: string | null;
  readonly sleepBeforeTeardown: number; // seconds
  readonly archiveUpload: string | null;
  readonly verbose: boolean;
}

/** An order that says too little or contradicts itself. */
export class SuiteOrderError extends Error {
  override readonly name = 'SuiteOrderError';
}
