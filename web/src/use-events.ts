import { useEffect, useRef } from 'preact/hooks';

/** What to do with the events of a stream; `lost` when the lab offers no stream here, so that asking must do. */
export interface EventHandlers {
  readonly on: Readonly<Record<string, (event: MessageEvent<string>) => void>>;
  readonly lost: () => void;
}

/**
 * Listens to a stream of server-sent events while the page is looked at (null = not at all); a hidden page holds no connection, as
 * browsers have few for each host. The stream goes on where it was, by the number of its last event.
 */
export function useEvents(
  url: ((lastId: string | null) => string) | null,
  handlers: EventHandlers,
  key: string,
): void {
  const current = useRef(handlers);
  current.current = handlers;
  useEffect(() => {
    if (url === null) return;
    let source: EventSource | null = null;
    let lastId: string | null = null;
    let over = false;
    const close = () => {
      source?.close();
      source = null;
    };
    const open = () => {
      if (over || source !== null) return;
      const opened = new EventSource(url(lastId));
      source = opened;
      for (const name of Object.keys(current.current.on)) {
        opened.addEventListener(name, (event: MessageEvent<string>) => {
          if (event.lastEventId !== '') lastId = event.lastEventId;
          if (name === 'end') {
            over = true;
            close();
          }
          current.current.on[name]?.(event);
        });
      }
      opened.addEventListener('error', () => {
        if (opened.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
        close();
        current.current.lost();
      });
    };
    const seen = () => (document.hidden ? close() : open());
    document.addEventListener('visibilitychange', seen);
    if (!document.hidden) open();
    return () => {
      over = true;
      close();
      document.removeEventListener('visibilitychange', seen);
    };
  }, [key]);
}
