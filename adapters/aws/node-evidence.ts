import type { AttemptRef, Transition } from '../../core/ports/job-store.ts';
import type { EvidenceEntry, NodeEvidence, NodeFinding } from '../../core/ports/node-evidence.ts';
import { isFinal } from '../../core/results/job-state.ts';
import { currentAttempt } from './job-items.ts';
import type { JobItem } from './job-items.ts';
import { nodeKeys } from './keys.ts';
import type { Item, Tables, Write } from './table.ts';
import { putNext, transition } from './transition.ts';
import type { Decision } from './transition.ts';

interface EvidenceItem extends Item {
  readonly entries: readonly EvidenceEntry[]; // newest first
}

const mostEntries = 100;

/** The record of the nodes' health on DynamoDB: one item a node. A report is two reads and one transaction. */
export function dynamoNodeEvidence(tables: Tables): NodeEvidence {
  const read = async (node: string) => tables.get<EvidenceItem>(tables.nodes, nodeKeys.evidence(node));
  return {
    report: async (attempt, findings, now) =>
      transition(tables, (op) => report(tables, op, { attempt, findings, now })),
    async quarantined({ node, reason, now }) {
      await transition(tables, async (op) => {
        const before = await read(node);
        const entries = [{ kind: 'quarantined' as const, at: now, reason }, ...(before?.entries ?? [])];
        return { result: undefined, writes: [putEntries(tables, op, { node, entries, before })] };
      });
    },
    async clear(node) {
      await transition(tables, async (op) => {
        const before = await read(node);
        if (before === null || before.entries.length === 0) return { result: undefined, writes: [] };
        return { result: undefined, writes: [putEntries(tables, op, { node, entries: [], before })] };
      });
    },
    about: async (node) => [...((await read(node))?.entries ?? [])],
  };
}

async function report(
  tables: Tables,
  op: string,
  params: { attempt: AttemptRef; findings: readonly NodeFinding[]; now: number },
): Promise<Decision<Transition>> {
  const { attempt, now } = params;
  const job = await currentAttempt(tables, attempt);
  if (job === null || isFinal(job.job.status) || job.job.status === 'queued') {
    return { result: 'stale', writes: [] };
  }
  const findings = params.findings.filter(({ node }) => job.job.nodes.includes(node));
  const names = [...new Set(findings.map(({ node }) => node))];
  if (names.length === 0) return { result: 'ok', writes: [] };
  const keys = names.map((name) => nodeKeys.evidence(name));
  const items = await tables.getMany<EvidenceItem>(tables.nodes, keys);
  const puts = names.map((node, index) => {
    const before = items[index] ?? null;
    let entries = before?.entries ?? [];
    for (const finding of findings)
      if (finding.node === node) entries = added(entries, finding, attempt, now);
    return putEntries(tables, op, { node, entries, before });
  });
  return { result: 'ok', writes: [stillThere(tables, job), ...puts] };
}

function added(
  entries: readonly EvidenceEntry[],
  finding: NodeFinding,
  { run, jobId }: AttemptRef,
  now: number,
): readonly EvidenceEntry[] {
  if (finding.kind === 'works') return [];
  const others = entries.filter(
    (entry) => entry.kind === 'quarantined' || entry.run !== run || entry.jobId !== jobId,
  );
  return [{ kind: finding.kind, at: now, reason: finding.reason, run, jobId }, ...others];
}

function putEntries(
  tables: Tables,
  op: string,
  { node, entries, before }: { node: string; entries: readonly EvidenceEntry[]; before: EvidenceItem | null },
): Write {
  const item = { ...nodeKeys.evidence(node), entries: entries.slice(0, mostEntries) };
  return putNext<EvidenceItem>(tables.nodes, op, { item, before });
}

/** Holds the transaction to the job as it was read. */
function stillThere(tables: Tables, { pk, sk, version }: JobItem): Write {
  return {
    ConditionCheck: {
      TableName: tables.results,
      Key: { pk, sk },
      ConditionExpression: '#version = :version',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':version': version },
    },
  };
}
