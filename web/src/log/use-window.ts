import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import { rowHeight } from './log-line.tsx';

/** What of a long text is in sight. */
export interface TextWindow {
  readonly row: number; // the first one in sight
  readonly rows: number; // how many are
  readonly columns: number; // characters that fit beside each other
  readonly sticks: boolean; // whether it keeps to the end
  readonly onScroll: () => void;
  /** Go to the end and stay there. */
  stick(): void;
  /** Stay here, whatever is added. */
  leave(): void;
}

const gutter = 64;
const nearEnd = 4;

/** Watches a scrolled frame of monospaced text. It sticks to the end until somebody scrolls up, and again when they are back there. */
export function useWindow(frame: RefObject<HTMLDivElement | null>): TextWindow {
  const [row, setRow] = useState(0);
  const [size, setSize] = useState({ rows: 40, columns: 120 });
  const [sticks, setSticks] = useState(true);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const measure = () => {
      const probe = document.createElement('span');
      probe.className = 'probe';
      probe.textContent = '0'.repeat(100);
      element.append(probe);
      const width = probe.getBoundingClientRect().width / 100;
      probe.remove();
      const columns = Math.max(20, Math.floor((element.clientWidth - gutter) / (width || 8)));
      setSize({ rows: Math.ceil(element.clientHeight / rowHeight), columns });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (sticks && frame.current !== null) frame.current.scrollTop = frame.current.scrollHeight;
  }, [sticks]);
  return {
    row,
    ...size,
    sticks,
    onScroll: () => {
      const element = frame.current;
      if (element === null) return;
      setRow(Math.floor(element.scrollTop / rowHeight));
      const left = element.scrollHeight - element.clientHeight - element.scrollTop;
      setSticks(left < nearEnd * rowHeight);
    },
    stick: () => setSticks(true),
    leave: () => setSticks(false),
  };
}
