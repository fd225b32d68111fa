import type { TaskContext } from '../engine/task.ts';
import { setStatus, statusOf } from '../engine/verdict.ts';
import { quoteWord } from '../remote/quote.ts';
import type { CephCluster } from './ceph-cluster.ts';

/**
 * Looks for lines of security, error and warning level in the cluster's log on the first monitor, without those that match the
 * ignore list. The first of the gravest level fails the job, and is its reason unless there is one already.
 */
export async function scanClusterLog(
  ctx: TaskContext,
  cluster: CephCluster,
  patterns: { ignore: readonly string[]; only: readonly string[]; from: number },
): Promise<void> {
  ctx.log.info('Checking cluster log for badness...');
  const { remote } = cluster.layout.firstMon;
  const found = await remote.sh(scanScript(cluster.name, patterns), {
    quiet: true,
    label: 'ceph: scan the cluster log',
  });
  const lines = found.split('\n').filter((line) => line !== '');
  const [worst] = ['[SEC]', '[ERR]', '[WRN]'].flatMap(
    (level) => lines.find((line) => line.includes(level)) ?? [],
  );
  if (worst === undefined) return;
  ctx.log.warn(`Found errors (ERR|WRN|SEC) in cluster log: ${worst}`);
  if (statusOf(ctx.summary) !== 'dead') setStatus(ctx.summary, 'fail');
  ctx.summary.failure_reason ??= `"${worst}" in cluster log`;
}

/** How many lines the cluster's log has; what is said while a cluster comes up (OSDs down, groups inactive) tells nothing about a test. */
export async function clusterLogLines(cluster: CephCluster): Promise<number> {
  const { remote } = cluster.layout.firstMon;
  const text = await remote.sh(`sudo cat ${logOf(cluster.name)} 2>/dev/null | wc -l`, { quiet: true });
  return Number(text.trim());
}

function logOf(cluster: string): string {
  return `/var/log/ceph/${cluster}.log`;
}

/** Prints the first bad line of each level, in one command. A pattern that grep refuses is told on standard error, and fails it. */
function scanScript(
  cluster: string,
  { ignore, only, from }: { ignore: readonly string[]; only: readonly string[]; from: number },
): string {
  const log = logOf(cluster);
  const filters = [
    ...(only.length > 0 ? [`grep -E ${only.map((pattern) => `-e ${quoteWord(pattern)}`).join(' ')}`] : []),
    ...ignore.map((pattern) => `grep -E -v -e ${quoteWord(pattern)}`),
    'head -n 1',
  ];
  const level = (name: string): string =>
    [`sudo tail -n +${from + 1} ${log}`, `grep -F '[${name}]'`, ...filters].join(' | ');
  const check = [...only, ...ignore].map(
    (pattern) => `echo | grep -E -e ${quoteWord(pattern)} >/dev/null; test $? -lt 2 || exit 2`,
  );
  return [...check, `sudo test -e ${log} || exit 0`, ...['SEC', 'ERR', 'WRN'].map(level)].join('\n');
}
