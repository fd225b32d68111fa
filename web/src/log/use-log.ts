import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { apiUrl, ask } from '../lab.ts';
import { useEvents } from '../use-events.ts';
import { shown } from './lines.ts';

const firstBytes = 2_000_000;
const mostBytes = 64_000_000;
const pollMs = 2000;

/** As much of a log as the page has. */
export interface LoadedLog {
  readonly lines: readonly string[]; // as they are shown
  readonly start: number; // the offset of their first byte: 0 = nothing is missing before them
  readonly loading: boolean;
  readonly error: string | null;
  /** Loads what is missing before, up to 64 MB in all; resolves with the number of lines that came in front. */
  readonly loadBefore: () => Promise<number>;
}

interface State {
  readonly lines: readonly string[];
  readonly start: number;
  readonly end: number | null; // the offset behind the last line; null = not known yet
  readonly error: string | null;
}

const nothing: State = { lines: [], start: 0, end: null, error: null };

/** The log of a job: its end at first, then what is added as long as the job is not over. */
export function useLog(params: {
  run: string;
  job: number;
  begun: boolean; // false = there is nothing to ask for yet
  over: boolean;
  onEnd: () => void;
}): LoadedLog {
  const { run, job, begun, over } = params;
  const [state, setState] = useState(nothing);
  const [loading, setLoading] = useState(true);
  const [polled, setPolled] = useState(false);
  const pending = useRef<{ lines: string[]; end: number; frame: number }>({ lines: [], end: 0, frame: 0 });

  useEffect(() => {
    if (!begun) return;
    const stop = new AbortController();
    const load = async () => {
      setLoading(true);
      try {
        setState(await loadEnd(run, job, over, stop.signal));
      } catch (cause) {
        if (!stop.signal.aborted)
          setState({ ...nothing, error: cause instanceof Error ? cause.message : String(cause) });
      }
      if (!stop.signal.aborted) setLoading(false);
    };
    void load();
    return () => stop.abort();
  }, [run, job, begun]);

  const add = (lines: readonly string[], end: number) => {
    const { current } = pending;
    current.lines.push(...lines);
    current.end = end;
    current.frame ||= requestAnimationFrame(() => {
      const news = current.lines;
      current.frame = 0;
      current.lines = [];
      setState((before) => ({ ...before, lines: [...before.lines, ...news], end: current.end }));
    });
  };
  const following = begun && state.end !== null && !state.error;
  const live = following && !over && !polled;
  const from = useRef(0);
  if (!live) from.current = state.end ?? 0;
  useEvents(
    live
      ? (lastId) => apiUrl(['runs', run, 'jobs', job, 'log'], { follow: 1, offset: lastId ?? from.current })
      : null,
    {
      on: {
        message: (event) => add([shown(event.data)], Number(event.lastEventId)),
        end: params.onEnd,
      },
      lost: () => setPolled(true),
    },
    live ? `${run}/${job}` : '',
  );

  // Where there are no streams, and once more when the job is over: its last lines may have come after the stream was closed.
  const asking = following && (polled || over);
  useEffect(() => {
    if (!asking) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async (offset: number) => {
      const more = await loadPart(run, job, { offset }, stop.signal).catch(() => null);
      if (stop.signal.aborted) return;
      const whole =
        more === null ? '' : over ? more.text : more.text.slice(0, more.text.lastIndexOf('\n') + 1);
      const end = offset + new TextEncoder().encode(whole).length;
      if (whole !== '') add(linesOf(whole), end);
      if (!over) timer = setTimeout(() => void look(end), pollMs);
    };
    timer = setTimeout(() => void look(Math.max(state.end ?? 0, pending.current.end)), over ? 500 : 0);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [asking, over]);

  const { start } = state;
  const loadBefore = useCallback(async () => {
    if (start === 0) return 0;
    setLoading(true);
    try {
      const offset = Math.max(0, start - mostBytes);
      const { text } = await loadPart(run, job, { offset, limit: start - offset });
      const whole = offset === 0 ? text : text.slice(text.indexOf('\n') + 1);
      const lines = linesOf(whole);
      setState((before) => ({ ...before, lines: [...lines, ...before.lines], start: offset }));
      return lines.length;
    } finally {
      setLoading(false);
    }
  }, [run, job, start]);
  return { lines: state.lines, start, loading: loading && begun, error: state.error, loadBefore };
}

/** The end of a log, in whole lines. Of one that still grows the last line is left to whoever follows it. */
async function loadEnd(run: string, job: number, over: boolean, signal: AbortSignal): Promise<State> {
  const { text, start, size } = await loadPart(run, job, { offset: -firstBytes }, signal);
  const skipped = start === 0 ? 0 : text.indexOf('\n') + 1;
  const upTo = over ? text.length : text.lastIndexOf('\n') + 1;
  const whole = text.slice(skipped, Math.max(skipped, upTo));
  const encoder = new TextEncoder();
  const first = start + encoder.encode(text.slice(0, skipped)).length;
  const end = over ? Math.max(size, first) : first + encoder.encode(whole).length;
  return { lines: linesOf(whole), start: first, end, error: null };
}

async function loadPart(
  run: string,
  job: number,
  part: { offset: number; limit?: number },
  signal?: AbortSignal,
): Promise<{ text: string; start: number; size: number }> {
  const answer = await ask(apiUrl(['runs', run, 'jobs', job, 'log'], part), signal);
  const number = (name: string) => Number(answer.headers.get(name) ?? 0);
  return { text: await answer.text(), start: number('x-log-start'), size: number('x-log-size') };
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => shown(line.replace(/\r$/, '')));
}
