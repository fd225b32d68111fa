import { useEffect, useRef } from 'preact/hooks';

/** Keys and what they do; `g r` is one key after the other. */
export type Keys = Readonly<Record<string, () => void>>;

const layers: { current: Keys }[] = [];
let before = '';
let beforeAt = 0;
const togetherMs = 900;

/** Lets keys act while a part is on the page; the part that came last wins. Nobody who types is disturbed. */
export function useKeys(keys: Keys): void {
  const layer = useRef<Keys>(keys);
  layer.current = keys;
  useEffect(() => {
    layers.push(layer);
    return () => void layers.splice(layers.indexOf(layer), 1);
  }, []);
}

/** Starts to listen, once for the whole page. */
export function listenForKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    const typing =
      target instanceof HTMLInputElement ||
      target instanceof HTMLSelectElement ||
      target instanceof HTMLTextAreaElement;
    if (typing) {
      if (event.key === 'Escape') target.blur();
      return;
    }
    const pair = event.timeStamp - beforeAt < togetherMs ? `${before} ${event.key}` : '';
    before = event.key;
    beforeAt = event.timeStamp;
    const act = actOf(pair) ?? actOf(event.key);
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

/** Puts the focus on the next (1) or previous (-1) row of the page, where Enter opens it. */
export function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')].filter(
    (row) => row.offsetParent !== null,
  );
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = rows[at < 0 ? (step === 1 ? 0 : rows.length - 1) : at + step];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

/** Puts the focus into the field that the page offers for `/`. */
export function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>('[data-search]');
  field?.focus();
  field?.select();
}

function actOf(key: string): (() => void) | undefined {
  if (key === '') return undefined;
  return layers.findLast((layer) => Object.hasOwn(layer.current, key))?.current[key];
}
