import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useKeys } from '../keys.ts';
import { archiveUrl } from '../lab.ts';
import { findLine, isError, layOut } from './lines.ts';
import { LogLine, rowHeight } from './log-line.tsx';
import { useLog } from './use-log.ts';
import { useWindow } from './use-window.ts';

/** The log of a job. It stays at its end while lines are added, unless the reader has gone elsewhere in it. */
export function LogViewer(props: {
  run: string;
  job: number;
  begun: boolean;
  over: boolean;
  onEnd: () => void;
}) {
  const log = useLog(props);
  const [wrap, setWrap] = useState(true);
  const [alone, setAlone] = useState(false);
  const [typed, setTyped] = useState('');
  const [here, setHere] = useState(-1);
  const frame = useRef<HTMLDivElement>(null);
  const view = useWindow(frame);
  const layout = useMemo(
    () => layOut(log.lines, wrap ? view.columns : null),
    [log.lines, wrap, view.columns],
  );
  const search = typed.toLowerCase();
  const hits = useMemo(
    () =>
      search === ''
        ? 0
        : log.lines.reduce((sum, line) => sum + (line.toLowerCase().includes(search) ? 1 : 0), 0),
    [log.lines, search],
  );
  const errors = useMemo(
    () => log.lines.reduce((sum, line) => sum + (isError(line) ? 1 : 0), 0),
    [log.lines],
  );

  useLayoutEffect(() => {
    if (view.sticks && frame.current !== null) frame.current.scrollTop = frame.current.scrollHeight;
  }, [layout, view.sticks, view.rows, alone]);

  const show = (line: number) => {
    setHere(line);
    if (line < 0 || frame.current === null) return;
    view.leave();
    frame.current.scrollIntoView({ block: 'nearest' });
    frame.current.scrollTop = Math.max(0, layout.rowOf(line) * rowHeight - frame.current.clientHeight / 3);
  };
  const seek = (fits: (line: string) => boolean, step: 1 | -1, from: number) =>
    show(findLine(log.lines.length, from, step, (line) => fits(log.lines[line] ?? '')));
  const toHit = (step: 1 | -1) =>
    search !== '' && seek((line) => line.toLowerCase().includes(search), step, here < 0 ? 0 : here + step);
  const [wantsError, setWantsError] = useState(false);
  const toError = async () => {
    const onOne = here >= 0 && isError(log.lines[here] ?? '');
    if (!onOne && log.start > 0) await log.loadBefore();
    setWantsError(true);
  };
  useEffect(() => {
    if (!wantsError) return;
    setWantsError(false);
    seek(isError, 1, here >= 0 && isError(log.lines[here] ?? '') ? here + 1 : 0);
  }, [wantsError, log.lines]);

  useKeys({
    n: () => toHit(1),
    N: () => toHit(-1),
    e: () => void toError(),
    G: () => view.stick(),
    'g g': () => show(0),
    w: () => setWrap(!wrap),
    f: () => setAlone(!alone),
    ...(alone && { Escape: () => setAlone(false) }),
  });

  const first = layout.lineAt(Math.max(0, view.row - margin));
  const last = Math.min(
    log.lines.length,
    layout.lineAt(Math.min(layout.rows, view.row + view.rows + margin)) + 1,
  );
  const numbered = log.start === 0;
  return (
    <section class={`log${alone ? ' alone' : ''}`}>
      <div class="logbar">
        <h2>
          <a href={archiveUrl(props.run, props.job, 'teuthology.log')}>teuthology.log</a>
        </h2>
        {props.begun && !props.over ? <span class="live">live</span> : null}
        <input
          type="search"
          data-search
          aria-label="search in the log"
          placeholder="search  /"
          value={typed}
          spellcheck={false}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Enter' && toHit(event.shiftKey ? -1 : 1)}
        />
        <span class="dim hits" role="status">
          {search === ''
            ? null
            : `${hits} ${hits === 1 ? 'line' : 'lines'}${numbered ? '' : ' of those loaded'}`}
        </span>
        <span class="space" />
        <button
          type="button"
          disabled={errors === 0 && numbered}
          onClick={() => void toError()}
          title="First error, then the next (e)"
        >
          {errors === 0 && numbered
            ? 'no errors'
            : here >= 0 && isError(log.lines[here] ?? '')
              ? 'next error'
              : 'first error'}
        </button>
        <button type="button" aria-pressed={wrap} onClick={() => setWrap(!wrap)} title="Wrap long lines (w)">
          wrap
        </button>
        <button type="button" aria-pressed={alone} onClick={() => setAlone(!alone)} title="The log alone (f)">
          {alone ? 'whole page' : 'log alone'}
        </button>
        <button
          type="button"
          aria-pressed={view.sticks}
          onClick={() => view.stick()}
          title="To the end, and follow (G)"
        >
          end ↓
        </button>
      </div>
      {numbered ? null : (
        <p class="before">
          The first {Math.ceil(log.start / 1e6)} MB are not loaded.{' '}
          <button type="button" disabled={log.loading} onClick={() => void log.loadBefore()}>
            load them
          </button>
        </p>
      )}
      {log.error === null ? null : <p class="trouble">{log.error}</p>}
      <div
        class={`frame${wrap ? ' wrapped' : ''}`}
        ref={frame}
        tabIndex={0}
        aria-label="log"
        onScroll={view.onScroll}
      >
        {log.lines.length === 0 ? <p class="nothing">{log.loading ? '…' : said(props)}</p> : null}
        <div class="sheet" style={{ height: `${layout.rows * rowHeight}px` }}>
          <div style={{ transform: `translateY(${layout.rowOf(first) * rowHeight}px)` }}>
            {log.lines.slice(first, last).map((text, index) => {
              const line = first + index;
              const rows = layout.rowOf(line + 1) - layout.rowOf(line);
              return (
                <LogLine
                  key={line}
                  text={text}
                  search={search}
                  here={line === here}
                  rows={rows}
                  number={numbered ? String(line + 1) : ''}
                />
              );
            })}
          </div>
        </div>
      </div>
    </section>
  );
}

const margin = 30;

function said({ begun, over }: { begun: boolean; over: boolean }): string {
  if (!begun) return 'The job has not been started yet.';
  return over ? 'The job left no log.' : 'Nothing has been written yet.';
}
