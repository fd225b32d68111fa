import { toPlain } from '../../core/config/yaml-value.ts';
import type { PlainValue, YamlMap } from '../../core/config/yaml-value.ts';

/**
 * Equal for jobs that begin with the same installation, as far as their configs tell; null for those that do something else first: what is
 * installed must not be seen before its time.
 */
export function likenessOf(config: YamlMap): string | null {
  const job = toPlain(config) as { [key: string]: PlainValue };
  const first = Array.isArray(job['tasks']) ? job['tasks'][0] : null;
  const begins = typeof first === 'object' && first !== null && !Array.isArray(first) && 'install' in first;
  if (!begins) return null; // kernels are not for hosts that keep snapshots
  const overrides = job['overrides'] as { [key: string]: PlainValue } | null | undefined;
  return JSON.stringify([first, overrides?.['install'] ?? null]);
}
