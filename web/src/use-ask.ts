import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { LabError, ask } from './lab.ts';

/** What the lab said last. While it does not answer, the data stays and `error` says so. */
export interface Asked<T> {
  readonly data: T | null;
  readonly error: LabError | null;
  readonly again: () => void;
}

/**
 * Asks the API for a URL, again each `everyMs` while anybody looks (null = once), and at once when the page is looked at again.
 * With another URL the old data goes, unless `keep` says that it is another page of the same thing.
 */
export function useAsk<T>(
  url: string | null,
  everyMs: number | null,
  options: { keep?: boolean } = {},
): Asked<T> {
  const [state, setState] = useState<{ url: string | null; data: T | null; error: LabError | null }>({
    url,
    data: null,
    error: null,
  });
  const soon = useRef<() => void>(() => {});
  useEffect(() => {
    if (url === null) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;
    let wanted = false;
    const look = async () => {
      wanted = asking;
      if (asking) return;
      asking = true;
      clearTimeout(timer);
      try {
        const data = (await (await ask(url, stop.signal)).json()) as T;
        if (!stop.signal.aborted) setState({ url, data, error: null });
      } catch (cause) {
        if (stop.signal.aborted) return;
        const error = cause instanceof LabError ? cause : new LabError(0, String(cause));
        setState((before) => ({ url, data: before.url === url || options.keep ? before.data : null, error }));
      }
      asking = false;
      if (stop.signal.aborted) return;
      if (wanted) void look();
      else if (everyMs !== null && !document.hidden) timer = setTimeout(() => void look(), everyMs);
    };
    const seen = () => {
      if (document.hidden) clearTimeout(timer);
      else if (everyMs !== null) void look();
    };
    soon.current = () => void look();
    document.addEventListener('visibilitychange', seen);
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [url, everyMs, options.keep]);
  const again = useCallback(() => soon.current(), []);
  const fits = state.url === url || options.keep === true;
  return { data: fits ? state.data : null, error: fits ? state.error : null, again };
}

/** The time, renewed each `everyMs`, for ages on the page. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
