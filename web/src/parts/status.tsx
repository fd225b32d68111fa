import type { RunView } from '../../../api/views.ts';

export type JobStatus = keyof RunView['counts'];

/** Job statuses as people want to see them: what needs somebody first. */
export const statusOrder: readonly JobStatus[] = ['fail', 'dead', 'running', 'waiting', 'queued', 'pass'];

/** The status of a run, a job or a node as a coloured word. A run's `finished` is left out: the verdict says it. */
export function Status({ status, large = false }: { status: string; large?: boolean }) {
  const word = status.split(' ').at(-1) ?? status;
  return <span class={`status s-${word}${large ? ' large' : ''}`}>{word}</span>;
}

/** The shares of a run's jobs as a bar, for those who look from afar. */
export function CountsBar({ counts, total }: { counts: RunView['counts']; total: number }) {
  const order = ['pass', 'fail', 'dead', 'running', 'waiting', 'queued'] as const;
  const label = order.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`);
  return (
    <span class="bar" role="img" aria-label={label.join(', ')} title={label.join(', ')}>
      {order.map((status) =>
        counts[status] > 0 ? <i class={`b-${status}`} style={{ flexGrow: counts[status] / total }} /> : null,
      )}
    </span>
  );
}
