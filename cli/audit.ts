import { Command } from 'commander';
import type { AuditView } from '../api/audit-routes.ts';
import { columns } from './client/columns.ts';
import { wholeNumber } from './client/failure.ts';
import { findLab } from './client/lab-client.ts';
import type { LabClient } from './client/lab-client.ts';
import { printJson, printLines } from './client/print.ts';

interface AuditOptions {
  readonly actor?: string;
  readonly subject?: string;
  readonly limit: number;
  readonly json: boolean;
  readonly folder?: string;
}

const pageSize = 1000;

/** `loligo audit`: who changed what. */
export function command(): Command {
  return new Command('audit')
    .summary('show who changed what in a lab')
    .description(
      'Lists the changes that people and the lab itself made, newest first: submissions, kills, locks, marks, tokens, each with who did it and what to. For operators of the lab.',
    )
    .option('--actor <name>', 'only what they did')
    .option('--subject <thing>', 'only what was done to a run, RUN/JOB, a node or a token id')
    .option('-l, --limit <n>', 'how many', wholeNumber(1), 50)
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      `
Examples:
  loligo audit
  loligo audit --subject node-1
  loligo audit --actor ann@desk --limit 500 --json

Exit status: 0 done, 1 refused, 2 no lab answers.`,
    )
    .action(async (options: AuditOptions) => {
      const records = await newest(findLab(options), options);
      if (options.json) await printJson(records);
      else if (records.length === 0) console.error('nothing is on record');
      else await printLines(columns(records, auditColumns));
    });
}

async function newest(lab: LabClient, { actor, subject, limit }: AuditOptions): Promise<AuditView[]> {
  const records: AuditView[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({
      limit: String(Math.min(pageSize, limit - records.length)),
      ...(actor !== undefined && { actor }),
      ...(subject !== undefined && { subject }),
      ...(cursor !== null && { cursor }),
    });
    const page: { records: AuditView[]; next: string | null } = await lab.get(`/v1/audit?${query}`, {
      identified: true,
    });
    records.push(...page.records);
    cursor = page.next;
  } while (cursor !== null && records.length < limit);
  return records;
}

const auditColumns = [
  { title: 'AT (UTC)', value: (record: AuditView) => record.at.slice(0, 19).replace('T', ' ') },
  { title: 'WHO', value: (record: AuditView) => record.actor },
  { title: 'DID', value: (record: AuditView) => record.action },
  { title: 'TO', value: (record: AuditView) => record.subject },
  { title: 'DETAIL', value: (record: AuditView) => record.detail },
];
