import type { LintReport } from './finding.ts';
import { countOf } from './report-text.ts';

/** The report as plain data. Keys of `version` 1 are only ever added to. */
export function jsonReport(report: LintReport): Record<string, unknown> {
  return {
    version: 1,
    summary: {
      errors: countOf(report, 'error'),
      warnings: countOf(report, 'warning'),
      notes: countOf(report, 'note'),
      files: report.files,
    },
    suites: report.suites,
    findings: report.findings,
    limits: report.limits,
  };
}
