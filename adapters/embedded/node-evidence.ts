import type { EvidenceEntry, NodeEvidence } from '../../core/ports/node-evidence.ts';
import { isFinal } from '../../core/results/job-state.ts';
import type { Database } from './database.ts';
import { currentAttempt } from './job-rows.ts';

interface EvidenceRow {
  kind: EvidenceEntry['kind'];
  at: number;
  reason: string;
  run: string | null;
  job_id: number | null;
}

const mostEntries = 100;

/** The record of the nodes' health on SQLite. Each method is one transaction of one or two statements a node. */
export function sqliteNodeEvidence(database: Database): NodeEvidence {
  return {
    async report(attempt, findings, now) {
      return database.transaction(() => {
        const job = currentAttempt(database, attempt);
        if (job === null || isFinal(job.status) || job.status === 'queued') return 'stale';
        const own = new Set(JSON.parse(job.nodes) as string[]);
        for (const finding of findings.filter(({ node }) => own.has(node))) {
          if (finding.kind === 'works') {
            database.run('delete from node_evidence where node = ?', finding.node);
            continue;
          }
          database.run(
            'delete from node_evidence where node = ? and run = ? and job_id = ?',
            finding.node,
            attempt.run,
            attempt.jobId,
          );
          insert(database, finding.node, { ...finding, at: now, run: attempt.run, jobId: attempt.jobId });
        }
        return 'ok';
      });
    },
    async quarantined({ node, reason, now }) {
      insert(database, node, { kind: 'quarantined', at: now, reason });
    },
    async clear(node) {
      database.run('delete from node_evidence where node = ?', node);
    },
    async about(node) {
      return database
        .all<EvidenceRow>(
          'select kind, at, reason, run, job_id from node_evidence where node = ? order by id desc limit ?',
          node,
          mostEntries,
        )
        .map(toEntry);
    },
  };
}

function insert(database: Database, node: string, entry: EvidenceEntry): void {
  const job = entry.kind === 'quarantined' ? null : entry;
  database.run(
    'insert into node_evidence (node, kind, at, reason, run, job_id) values (?, ?, ?, ?, ?, ?)',
    node,
    entry.kind,
    entry.at,
    entry.reason,
    job?.run ?? null,
    job?.jobId ?? null,
  );
}

function toEntry({ kind, at, reason, run, job_id: jobId }: EvidenceRow): EvidenceEntry {
  return kind === 'quarantined'
    ? { kind, at, reason }
    : { kind, at, reason, run: run ?? '', jobId: jobId ?? 0 };
}
