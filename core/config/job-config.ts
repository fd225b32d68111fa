import { findingsIn } from './job-checks.ts';
import { JobConfigError } from './job-problem.ts';
import { mergeJobSources, originOf } from './merge-job.ts';
import type { Finding } from './job-checks.ts';
import type { JobProblem } from './job-problem.ts';
import type { JobSource } from './merge-job.ts';
import type { YamlMap, YamlValue } from './yaml-value.ts';

/** A job ready to run, and what its author may want to look at. */
export interface CheckedJob {
  readonly config: YamlMap; // `tasks` is a list, `job_id` is text
  readonly warnings: readonly JobProblem[];
}

/**
 * Merges the documents of a job in order, checks the result and completes it. `check` adds findings of its own, which are
 * placed in their files with the others. Throws JobConfigError with every error found.
 */
export function loadJob(
  sources: readonly JobSource[],
  check: (config: YamlMap) => readonly Finding[] = () => [],
): CheckedJob {
  const merged = mergeJobSources(sources);
  const config = completeJob(merged);
  const findings = withoutRepeats([...findingsIn(merged), ...check(config)]);
  const errors = findings.filter((finding) => finding.severity === 'error');
  if (errors.length > 0) throw new JobConfigError(errors.map((finding) => placed(sources, finding)));
  return { config, warnings: findings.map((finding) => placed(sources, finding)) };
}

/** A merged job with `tasks` a list and `job_id` text, as everything after it expects. */
function completeJob(config: YamlMap): YamlMap {
  const completed = new Map(config);
  if ((config.get('tasks') ?? null) === null) completed.set('tasks', []);
  const jobId: YamlValue = config.get('job_id') ?? null;
  if (jobId !== null) completed.set('job_id', String(jobId));
  return completed;
}

/** Of an error and what was found below it only the first is told: the second follows from it. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const isAt = (finding: Finding, other: Finding): boolean =>
    other.severity === 'error' &&
    other.path.length > 0 &&
    other.path.every((step, index) => step === finding.path[index]);
  return findings.filter(
    (finding, index) => !findings.slice(0, index).some((earlier) => isAt(finding, earlier)),
  );
}

function placed(sources: readonly JobSource[], finding: Finding): JobProblem {
  const origin = finding.path.length === 0 ? null : originOf(sources, finding.path);
  return {
    file: origin?.file ?? null,
    line: null,
    path: origin?.path ?? finding.path,
    value: finding.value,
    sentence: finding.sentence,
  };
}
