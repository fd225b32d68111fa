import { useEffect, useState } from 'preact/hooks';

/** The pages of a list that is read by cursors; `reset` names the list: another one begins at its first page. */
export function usePages(reset: string): {
  cursor: string | null;
  number: number;
  forth: (next: string) => void;
  back: () => void;
} {
  const [trail, setTrail] = useState<readonly string[]>([]);
  useEffect(() => setTrail([]), [reset]);
  return {
    cursor: trail.at(-1) ?? null,
    number: trail.length,
    forth: (next) => setTrail([...trail, next]),
    back: () => setTrail(trail.slice(0, -1)),
  };
}

/** Buttons for the neighbouring pages; none where there is but one. */
export function Pager(props: {
  pages: ReturnType<typeof usePages>;
  next: string | null;
  shown: number;
  size: number;
  total: number | null; // null = nobody counts it
}) {
  const { pages, next, shown, size, total } = props;
  if (pages.number === 0 && next === null) return null;
  const first = pages.number * size + 1;
  const range = total === null ? `page ${pages.number + 1}` : `${first}–${first + shown - 1} of ${total}`;
  return (
    <div class="pager">
      <button type="button" data-pager="back" disabled={pages.number === 0} onClick={pages.back}>
        ← back
      </button>
      <span class="dim">{range}</span>
      <button
        type="button"
        data-pager="forth"
        disabled={next === null}
        onClick={() => next !== null && pages.forth(next)}
      >
        more →
      </button>
    </div>
  );
}
