/** Whether the first of two comes before the second. */
type Before<T> = (a: T, b: T) => boolean;

/** Puts any list into the order of a binary heap: the first is before all others. */
export function heapify<T>(heap: T[], before: Before<T>): T[] {
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) siftDown(heap, i, before);
  return heap;
}

export function pushHeap<T>(heap: T[], one: T, before: Before<T>): void {
  heap.push(one);
  for (let i = heap.length - 1; i > 0;) {
    const parent = (i - 1) >> 1;
    if (!swapped(heap, { upper: parent, lower: i }, before)) return;
    i = parent;
  }
}

/** Takes the first away, if there is one. */
export function popHeap<T>(heap: T[], before: Before<T>): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  siftDown(heap, 0, before);
}

/** Moves one that comes later than it did to its place. */
export function siftDown<T>(heap: T[], from: number, before: Before<T>): void {
  for (let i = from; ;) {
    const left = 2 * i + 1;
    const [a, b] = [heap[left], heap[left + 1]];
    if (a === undefined) return;
    const lower = b !== undefined && before(b, a) ? left + 1 : left;
    if (!swapped(heap, { upper: i, lower }, before)) return;
    i = lower;
  }
}

function swapped<T>(heap: T[], { upper, lower }: { upper: number; lower: number }, before: Before<T>) {
  const [a, b] = [heap[upper], heap[lower]];
  if (a === undefined || b === undefined || !before(b, a)) return false;
  heap[upper] = b;
  heap[lower] = a;
  return true;
}
