import { describe, expect, test } from 'vitest';
import type { LintReport } from './finding.ts';
import { jsonReport } from './report-json.ts';
import { sarifReport } from './report-sarif.ts';
import { textReport } from './report-text.ts';
import { lintRules } from './rules.ts';

const report: LintReport = {
  findings: [
    {
      rule: 'duplicate-key',
      severity: 'error',
      file: 'suites/s/a b.yaml',
      line: 3,
      sentence: 'twice',
      related: [{ file: 'suites/s/a b.yaml', line: 9, note: 'again' }],
    },
    {
      rule: 'ignored-name',
      severity: 'warning',
      file: 'suites/s/%/#.yml',
      line: null,
      sentence: 'is ignored',
      related: [],
    },
  ],
  suites: [{ name: 's', jobs: '12345678901234567890', checkedJobs: 20_000 }],
  files: 1,
  limits: ['something'],
};

test('people read it file by file, with a summary', () => {
  expect(textReport(report)).toEqual([
    'suites/s/a b.yaml:3: error duplicate-key: twice',
    '    suites/s/a b.yaml:9: again',
    '',
    'suites/s/%/#.yml: warning ignored-name: is ignored',
    '',
    'not checked: something',
    '1 error, 1 warning, 0 notes in 1 suite (1 file, 20000 jobs looked at)',
  ]);
});

test('programs read it as data', () => {
  expect(JSON.parse(JSON.stringify(jsonReport(report)))).toEqual({
    version: 1,
    summary: { errors: 1, warnings: 1, notes: 0, files: 1 },
    suites: report.suites,
    findings: report.findings,
    limits: ['something'],
  });
});

describe('as SARIF', () => {
  interface Sarif {
    version: string;
    runs: {
      tool: { driver: { name: string; rules: { id: string; shortDescription: { text: string } }[] } };
      results: {
        ruleId: string;
        ruleIndex: number;
        level: string;
        message: { text: string };
        locations: {
          physicalLocation: { artifactLocation: { uri: string }; region?: { startLine: number } };
        }[];
      }[];
      invocations: { executionSuccessful: boolean }[];
    }[];
  }
  const sarif = JSON.parse(JSON.stringify(sarifReport(report, '1.2.3'))) as Sarif;
  const [run] = sarif.runs;

  test('it has what the standard requires', () => {
    expect(sarif.version).toBe('2.1.0');
    expect(sarif.runs).toHaveLength(1);
    expect(run?.tool.driver.name).toBe('loligo lint');
    expect(run?.invocations).toMatchObject([{ executionSuccessful: true }]);
    const ids = run?.tool.driver.rules.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(lintRules.length);
    for (const result of run?.results ?? []) {
      expect(ids[result.ruleIndex]).toBe(result.ruleId);
      expect(['error', 'warning', 'note']).toContain(result.level);
      expect(result.message.text).not.toBe('');
      expect(result.locations).toHaveLength(1);
    }
  });

  test('its places are URIs and lines from 1', () => {
    expect(run?.results.map(({ locations }) => locations[0]?.physicalLocation)).toEqual([
      { artifactLocation: { uri: 'suites/s/a%20b.yaml' }, region: { startLine: 3 } },
      { artifactLocation: { uri: 'suites/s/%25/%23.yml' } },
    ]);
  });
});
