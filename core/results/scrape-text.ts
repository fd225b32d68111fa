import type { FailureCluster } from './cluster-failures.ts';

/** From here on the ids of a cluster are only counted. */
const mostIds = 30;

/** `scrape.log`: what failed in a run, the reason of most jobs first. */
export function scrapeText(jobs: number, clusters: readonly FailureCluster[]): string {
  const plural = clusters.length === 1 ? 'reason' : 'reasons';
  const lines = [`Found ${jobs} jobs`, `${clusters.length} distinct failure ${plural}`, ''];
  return `${[...lines, ...clusters.flatMap((cluster) => [...clusterLines(cluster), ''])].join('\n')}`;
}

/** A cluster for people: reason, backtrace, jobs, and the fragments that they have in common. */
export function clusterLines(cluster: FailureCluster): string[] {
  const { jobIds, commonFragments, allFragments } = cluster;
  const some = jobIds.length < mostIds ? `: ${jobIds.join(', ')}` : '';
  const backtrace = cluster.backtrace?.split('\n').map((line) => `    ${line}`) ?? [];
  return [
    `${cluster.kind}: ${cluster.reason ?? 'no reason was given'}`,
    ...backtrace,
    `${jobIds.length} ${jobIds.length === 1 ? 'job' : 'jobs'}${some}`,
    `suites intersection: ${commonFragments.join(' ')}`,
    `suites union: ${allFragments.join(' ')}`,
  ].map((line) => line.trimEnd());
}
