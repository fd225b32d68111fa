import type { PlainValue, TaskContext } from '../engine/task.ts';
import { argument } from './args.ts';
import type { Argument } from './args.ts';
import type { ArgumentKind } from './argument-kinds.ts';

const anything: ArgumentKind<PlainValue> = { name: 'anything', read: (value) => value };

/** Keys that suites have for a task and that do nothing here. They are in its table so that old jobs run as they are. */
export function takenKeys<Key extends string>(keys: readonly Key[]): Record<Key, Argument<PlainValue>> {
  const entries = keys.map((key) => [
    key,
    argument({ usage: 'taken and not used', kind: anything, fallback: null as PlainValue }),
  ]);
  return Object.fromEntries(entries) as Record<Key, Argument<PlainValue>>;
}

/** Says in the log which of them a job gives. */
export function sayTaken(
  ctx: Pick<TaskContext, 'log'>,
  params: { task: string; read: { readonly [key: string]: unknown }; keys: readonly string[] },
): void {
  const given = params.keys.filter((key) => (params.read[key] ?? null) !== null);
  if (given.length > 0) ctx.log.info(`${params.task}: these keys do nothing here: ${given.join(', ')}`);
}
