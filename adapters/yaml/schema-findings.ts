import { showValue } from '../../core/config/job-problem.ts';
import { isYamlMap, toPlain } from '../../core/config/yaml-value.ts';
import { jobSchema } from './job-schema.ts';
import type { Finding } from '../../core/config/job-checks.ts';
import type { DocumentPath } from '../../core/config/job-problem.ts';
import type { YamlMap, YamlValue } from '../../core/config/yaml-value.ts';

/** The keys of a merged job whose values are of the wrong type, as findings. */
export function schemaFindings(config: YamlMap): Finding[] {
  const parsed = jobSchema.safeParse(toPlain(config));
  if (parsed.success) return [];
  return parsed.error.issues.map((issue) => {
    const path = issue.path.filter((step) => typeof step !== 'symbol');
    const value = valueAt(config, path);
    const sentence = `${issue.message.replace(/^Invalid input: /, '')}, found ${showValue(value)}`;
    return { severity: 'error', path, value, sentence };
  });
}

function valueAt(config: YamlValue, path: DocumentPath): YamlValue {
  return path.reduce<YamlValue>((value, step) => {
    if (isYamlMap(value)) return value.get(step) ?? null;
    return Array.isArray(value) ? ((value as YamlValue[])[Number(step)] ?? null) : null;
  }, config);
}
