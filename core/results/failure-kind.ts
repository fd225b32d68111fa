/** What a failure was, as far as its reason tells; the words begin the lines of `scrape.log`. */
export const failureKinds = [
  'Crash',
  'Valgrind',
  'Timeout',
  'Assertion',
  'Lockdep',
  'Missing packages',
  'Workunit',
  'Dead',
  'Failure',
] as const;

export type FailureKind = (typeof failureKinds)[number];

const signs: readonly (readonly [FailureKind, RegExp])[] = [
  ['Workunit', /workunit test \S+/],
  ['Valgrind', /valgrind/i],
  ['Lockdep', /lockdep|possible recursive locking|circular locking/i],
  ['Assertion', /assert(ion)?\b.*fail|FAILED (ceph_)?assert|AssertionError/i],
  ['Missing packages', /packages? .*(not found|missing)|Failed to fetch package|NoPackages/i],
  ['Timeout', /timed? ?out|hit max job time|reached maximum tries|status 124\b/i],
  ['Crash', /core dump|crashed|segmentation fault|signal (SEGV|ABRT|BUS|ILL|FPE)|Caught signal/i],
];

/** Sorts a failure by its reason. A job without any reason that is dead is `Dead`, else `Failure`. */
export function failureKind(job: {
  readonly status: string;
  readonly failureReason: string | null;
}): FailureKind {
  const reason = job.failureReason ?? '';
  const found = signs.find(([, sign]) => sign.test(reason))?.[0];
  return found ?? (job.status === 'dead' ? 'Dead' : 'Failure');
}

/** The name of the workunit whose failure a reason tells, or null. */
export function failedWorkunit(reason: string | null): string | null {
  return /workunit test (\S+)/.exec(reason ?? '')?.[1]?.replace(/[).,:]+$/, '') ?? null;
}
