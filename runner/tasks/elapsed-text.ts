/** Milliseconds as `HH:MM:SS.ffffff`; days become hours. */
export function elapsedText(milliseconds: number): string {
  const micros = Math.round(milliseconds * 1000);
  const wholeSeconds = Math.floor(micros / 1_000_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const fraction = String(micros % 1_000_000).padStart(6, '0');
  return `${two(Math.floor(wholeSeconds / 3600))}:${two(Math.floor(wholeSeconds / 60) % 60)}:${two(wholeSeconds % 60)}.${fraction}`;
}
