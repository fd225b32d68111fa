import { levelOf } from './lines.ts';

/** One line of a log, its time and origin quieter than what it says, with what is searched for marked. */
export function LogLine(props: {
  text: string;
  search: string;
  here: boolean;
  number: string;
  rows: number;
}) {
  const { text, search } = props;
  const prefix = /^\d{4}-\d\d-\d\dT[\d:.]+ [A-Z]+:[^:\s]*:/.exec(text)?.[0] ?? '';
  const level = levelOf(text);
  return (
    <div
      class={`line${level === null ? '' : ` l-${level}`}${props.here ? ' here' : ''}`}
      style={{ height: `${props.rows * rowHeight}px` }}
    >
      <span class="number" data-n={props.number} />
      <span class="text">
        {search === '' ? (
          <>
            {prefix === '' ? null : <span class="prefix">{prefix}</span>}
            {text.slice(prefix.length)}
          </>
        ) : (
          marked(text, search)
        )}
      </span>
    </div>
  );
}

/** The height of a row in pixels; style/log.css says the same. */
export const rowHeight = 18;

function marked(text: string, search: string) {
  const lower = text.toLowerCase();
  const parts = [];
  let from = 0;
  for (let at = lower.indexOf(search); at >= 0; at = lower.indexOf(search, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + search.length)}</mark>);
    from = at + search.length;
  }
  return [...parts, text.slice(from)];
}
