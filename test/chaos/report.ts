import type { Entry } from './history.ts';
import type { Breach } from './model.ts';
import type { WorldReport } from './run-world.ts';

/** A breach for a person: the law, what happened to the job and the nodes before it, and how to see it again. */
export function breachText(report: WorldReport, found: Breach, replay: string): string {
  const related = report.entries.filter((entry) => entry.at <= found.at + 1 && concerns(entry, found));
  return [
    `${found.law} is broken in world ${report.seed} at ${seconds(found.at)}: ${found.text}`,
    ...related.slice(-30).map(lineOf),
    `again: ${replay}`,
  ].join('\n');
}

/** One line of figures. */
export function summaryText(report: WorldReport): string {
  const statuses = Object.entries(report.byStatus).map(([status, n]) => `${n} ${status}`);
  const faults = [...report.faults.values()].reduce((sum, n) => sum + n, 0);
  return (
    `world ${report.seed}: ${report.operations} operations, ${report.jobs} jobs (${statuses.join(', ')}), ` +
    `${report.runners} runners, ${faults} faults, ${(report.virtualMs / 3_600_000).toFixed(1)} h, history ${report.fingerprint}`
  );
}

function concerns(entry: Entry, { jobId, nodes }: Breach): boolean {
  const text = JSON.stringify(entry.kind === 'call' ? [entry.args, entry.outcome] : entry.fact);
  if (jobId !== null && new RegExp(`"jobId":${jobId}\\b`).test(text)) return true;
  return entry.kind === 'call' && nodes.slice(0, 3).some((name) => text.includes(`"${name}"`));
}

function lineOf(entry: Entry): string {
  if (entry.kind === 'fact') return `  ${seconds(entry.at)} * ${JSON.stringify(entry.fact)}`;
  const { outcome } = entry;
  const answer =
    outcome !== null && 'answer' in outcome
      ? JSON.stringify(outcome.answer)
      : `throws ${String(outcome?.error)}`;
  return `  ${seconds(entry.at)} ${entry.who}: ${entry.method} ${cut(JSON.stringify(entry.args))} -> ${cut(answer ?? '')}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

function cut(text: string): string {
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}
