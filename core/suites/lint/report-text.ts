import type { LintFinding, LintReport } from './finding.ts';
import type { Severity } from './rules.ts';

/** The report for people: `file:line: severity rule: sentence`, an empty line between files, and a summary at the end. */
export function textReport(report: LintReport): string[] {
  const byFile = [...Map.groupBy(report.findings, ({ file }) => file).values()];
  const groups = byFile.flatMap((findings) => [...findings.flatMap(findingLines), '']);
  return [...groups, ...report.limits.map((limit) => `not checked: ${limit}`), summaryLine(report)];
}

/** How many findings there are of a severity. */
export function countOf(report: LintReport, severity: Severity): number {
  return report.findings.filter((finding) => finding.severity === severity).length;
}

function findingLines({ file, line, severity, rule, sentence, related }: LintFinding): string[] {
  const places = related.map((place) => `    ${placeText(place)}: ${place.note}`);
  return [`${placeText({ file, line })}: ${severity} ${rule}: ${sentence}`, ...places];
}

function placeText({ file, line }: Pick<LintFinding, 'file' | 'line'>): string {
  return line === null ? file : `${file}:${line}`;
}

function summaryLine(report: LintReport): string {
  const counts = (['error', 'warning', 'note'] as const).map((severity) =>
    amount(countOf(report, severity), severity),
  );
  const jobs = report.suites.reduce((sum, suite) => sum + suite.checkedJobs, 0);
  return `${counts.join(', ')} in ${amount(report.suites.length, 'suite')} (${amount(report.files, 'file')}, ${amount(jobs, 'job')} looked at)`;
}

function amount(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
