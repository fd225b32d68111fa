import type { EvidenceEntry } from '../ports/node-evidence.ts';

export type NodeVerdict = { readonly kind: 'sound' } | { readonly kind: 'broken'; readonly reason: string }; // names the jobs and what they met

type Finding = Exclude<EvidenceEntry, { kind: 'quarantined' }>;

const witnesses = 2;
const mostNamed = 3;
const firstPauseMs = 5 * 60_000;
const longestPauseMs = 6 * 3_600_000;

/**
 * Whether a node is to be kept out of use, from its record, newest entry first: by one certain sign, or by failures in a row that
 * two different jobs met. What it was quarantined for before does not count again by itself, but a node that fails a job
 * after a retest has used up its doubt. `works` ends a row by leaving no record.
 */
export function nodeVerdict(record: readonly EvidenceEntry[]): NodeVerdict {
  const last = record.findIndex((entry) => entry.kind === 'quarantined');
  const fresh = record.slice(0, last === -1 ? record.length : last).filter(isFinding);
  const certain = fresh.find((finding) => finding.kind === 'certain');
  if (certain !== undefined) return { kind: 'broken', reason: `${certain.reason} (${placeOf(certain)})` };
  const [newest] = fresh;
  const findings = record.filter(isFinding);
  const jobs = new Set(findings.map(placeOf));
  if (newest === undefined || jobs.size < witnesses) return { kind: 'sound' };
  const named = findings.slice(0, mostNamed).map((finding) => `${placeOf(finding)}: ${finding.reason}`);
  return { kind: 'broken', reason: `failed ${jobs.size} jobs in a row: ${named.join('; ')}` };
}

/** How long a node stays in quarantine before it is tried again, by its record: 5, 10, 20, ... minutes, at most six hours. */
export function retestPauseMs(record: readonly EvidenceEntry[]): number {
  const times = record.filter((entry) => entry.kind === 'quarantined').length;
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.max(0, times - 1));
}

function isFinding(entry: EvidenceEntry): entry is Finding {
  return entry.kind !== 'quarantined';
}

function placeOf(finding: Finding): string {
  return `${finding.run}/${finding.jobId}`;
}
