import type { LintReport, RelatedPlace } from './finding.ts';
import { lintRules } from './rules.ts';

/** The report as SARIF 2.1.0, for code scanning and editors. Paths are relative to the linted folder. */
export function sarifReport(report: LintReport, version: string): Record<string, unknown> {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'loligo lint', version, rules: lintRules.map(ruleEntry) } },
        results: report.findings.map((finding) => ({
          ruleId: finding.rule,
          ruleIndex: lintRules.findIndex(({ id }) => id === finding.rule),
          level: finding.severity,
          message: { text: finding.sentence },
          locations: [location(finding)],
          relatedLocations: finding.related.map((place, id) => ({
            id,
            ...location(place),
            message: { text: place.note },
          })),
        })),
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: report.limits.map((text) => ({ level: 'note', message: { text } })),
          },
        ],
        columnKind: 'utf16CodeUnits',
      },
    ],
  };
}

function ruleEntry({
  id,
  sentence,
  severity,
  optional,
}: (typeof lintRules)[number]): Record<string, unknown> {
  return {
    id,
    shortDescription: { text: sentence },
    defaultConfiguration: { level: severity, enabled: !optional },
  };
}

function location({ file, line }: Pick<RelatedPlace, 'file' | 'line'>): Record<string, unknown> {
  const uri = file.split('/').map(encodeURIComponent).join('/');
  const region = line === null ? {} : { region: { startLine: line } };
  return { physicalLocation: { artifactLocation: { uri }, ...region } };
}
