import { YamlFloat } from './yaml-value.ts';
import type { YamlMap } from './yaml-value.ts';

/** How long the nodes of a job stay with its owner when it failed by itself (ms), or null: `usualMs` unless it says how many hours. */
export function heldOnFailureMs(config: YamlMap | null, usualMs: number): number | null {
  if (config?.get('unlock_on_failure') !== false) return null;
  const written = config.get('hold_hours');
  const hours = written instanceof YamlFloat ? written.value : written;
  return typeof hours === 'number' && hours > 0 ? hours * 3_600_000 : usualMs;
}
