import type { SuiteSource } from '../../ports/suite-source.ts';
import type { YamlCodec } from '../../ports/yaml-codec.ts';
import { compareCodePoints } from '../../config/code-point-order.ts';
import { joinPath } from '../matrix.ts';
import type { Subset } from '../subset.ts';
import { documentReader } from './documents.ts';
import type { LintDocument } from './documents.ts';
import type { LintFinding, LintReport, LintedSuite, RawFinding } from './finding.ts';
import { lintSuite } from './lint-suite.ts';
import { readBeside } from './beside-suites.ts';
import { ruleOf } from './rules.ts';
import type { RuleId } from './rules.ts';
import { nameFindings, taskFindings, taskModules } from './suite-rules.ts';
import type { KnownTasks } from './suite-rules.ts';
import { fragmentFindings, textFindings } from './yaml-rules.ts';
import type { ReadWritten } from './written-node.ts';

/** What to look at, and what it takes. */
export interface LintRequest {
  readonly source: SuiteSource; // its root holds `suites`
  readonly suites: readonly string[] | null; // names below `suites`; null = all, and the files beside them
  readonly rules: ReadonlySet<RuleId>;
  readonly subset: Subset | null;
  readonly yaml: YamlCodec;
  readonly readWritten: ReadWritten;
  readonly tasks: KnownTasks;
  readonly jobLimit?: number; // how many jobs of a suite are looked at one by one
}

const defaultJobLimit = 20_000;

/**
 * Everything that is wrong with suites, or looks it. Never throws for what a tree holds; merges no jobs. The cost follows the number of
 * fragments, and of jobs up to the limit.
 */
export function lintSuites(request: LintRequest): LintReport {
  const { source } = request;
  const documents = documentReader(request);
  const findings: RawFinding[] = [];
  const limits: string[] = [];
  const suites: LintedSuite[] = [];
  const inSuites = new Set<LintDocument>();
  const moduleFiles = filesIn(source, 'tasks');
  for (const name of request.suites ?? suiteNames(source)) {
    const linted = lintSuite({ ...request, documents, name, jobLimit: request.jobLimit ?? defaultJobLimit });
    for (const document of linted.documents) inSuites.add(document);
    findings.push(...linted.findings, ...nameFindings(linted.documents, request.tasks));
    limits.push(...linted.limits);
    moduleFiles.push(...linted.moduleFiles);
    suites.push(linted.suite);
  }
  const fragments = [...inSuites];
  findings.push(...fragments.flatMap(fragmentFindings));
  findings.push(...taskFindings(fragments, { known: request.tasks, modules: taskModules(moduleFiles) }));
  if (request.suites === null) {
    const beside = readBeside(source);
    limits.push(...beside.limits);
    const others = new Set(beside.paths.map((path) => documents.at(path)));
    findings.push(...[...others].filter((document) => !inSuites.has(document)).flatMap(textFindings));
  }
  return { findings: presented(findings, request.rules), suites, files: documents.all().length, limits };
}

/** What lies in `suites` and is not hidden: directories and single fragments; null when there is no such folder. */
export function suiteNames(source: SuiteSource): string[] {
  return filesIn(source, 'suites').filter(
    (name) =>
      !name.startsWith('.') && !name.endsWith('.disable') && source.stat(joinPath('suites', name)) !== 'file',
  );
}

function filesIn(source: SuiteSource, path: string): string[] {
  return source.stat(path) === 'directory' ? [...source.list(path)] : [];
}

/** Only those of the rules, each once, by file, line and rule. */
function presented(findings: readonly RawFinding[], rules: ReadonlySet<RuleId>): LintFinding[] {
  const single = new Map<string, LintFinding>();
  for (const finding of findings) {
    if (!rules.has(finding.rule)) continue;
    const key = [finding.rule, finding.file, finding.line, finding.sentence].join('\n');
    if (!single.has(key))
      single.set(key, { ...finding, severity: ruleOf(finding.rule)?.severity ?? 'error' });
  }
  return [...single.values()].sort(
    (a, b) =>
      compareCodePoints(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || compareCodePoints(a.rule, b.rule),
  );
}
