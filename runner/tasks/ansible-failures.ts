import { loadAll, YAMLException } from 'js-yaml';

/** A playbook failed, and the failure log says why: one line a reason, over all hosts. */
export class AnsibleFailedError extends Error {
  override readonly name = 'AnsibleFailedError';
  readonly failures: readonly string[];
  constructor(failures: readonly string[]) {
    super(failures.join('\n'));
    this.failures = failures;
  }
}

/**
 * The reasons in a failure log (documents of host -> result), each once, in the order they appear. A log that is no YAML at
 * all gives none: then only the exit status is known.
 */
export function ansibleFailures(log: string): string[] {
  const reasons = new Set<string>();
  for (const document of documentsOf(log)) {
    for (const result of Object.values(asRecord(document) ?? {})) {
      for (const reason of reasonsOf(result)) reasons.add(reason);
    }
  }
  return [...reasons];
}

function documentsOf(log: string): unknown[] {
  try {
    return loadAll(log, { json: true });
  } catch (error) {
    if (error instanceof YAMLException) return [];
    throw error;
  }
}

/** A task that loops has one result an item below `results`. */
function reasonsOf(result: unknown): string[] {
  const record = asRecord(result);
  if (record === null) return [];
  const items = Array.isArray(record['results']) ? record['results'] : [record];
  return items.flatMap((item) => {
    const fields = asRecord(item);
    return fields === null
      ? []
      : linesOf(fields)
          .map(plainReason)
          .filter((line) => line !== '');
  });
}

function linesOf(fields: Record<string, unknown>): string[] {
  const lines = fields['stderr_lines'];
  if (Array.isArray(lines) && lines.length > 0) return lines.map(String);
  const text = [fields['msg'], fields['err'], fields['stderr']].find(
    (each) => typeof each === 'string' && each !== '',
  );
  return typeof text === 'string' ? text.split('\n') : [];
}

const noise = [
  /^\[?warning\]?[: ]/i,
  /^Warning: Permanently added /,
  /^Shared connection to .* closed/,
  /^OpenSSH_/,
  /^debug\d: /,
];

/** A line without what differs from one run to the next, so that equal failures read the same; empty for what is no failure. */
function plainReason(line: string): string {
  const plain = line.trim();
  if (noise.some((pattern) => pattern.test(plain))) return '';
  return plain
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?/g, '<time>')
    .replaceAll(/ansible-tmp-[\d.]+-\d+(-\d+)?/g, 'ansible-tmp-...')
    .replaceAll(/\/tmp\/(tmp|ansible)[\w.-]+/g, '/tmp/...');
}

function asRecord(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
