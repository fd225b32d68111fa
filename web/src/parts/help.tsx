const keys: readonly (readonly [string, string])[] = [
  ['g r', 'runs'],
  ['g q', 'queue'],
  ['g n', 'nodes'],
  ['j  k', 'next, previous row'],
  ['Enter', 'open the row'],
  ['u', 'up: from a job to its run'],
  ['/', 'search or filter'],
  ['[  ]', 'previous, next page'],
  ['t', 'light, dark, or as the system'],
  ['?', 'this help'],
];
const logKeys: readonly (readonly [string, string])[] = [
  ['/', 'search in the log'],
  ['n  N', 'next, previous match'],
  ['e', 'first error, then the next'],
  ['G', 'to the end, and follow'],
  ['g g', 'to the beginning'],
  ['w', 'wrap long lines, or not'],
  ['f', 'the log alone, or the whole page'],
];

/** The keys of the pages. */
export function Help({ onClose }: { onClose: () => void }) {
  return (
    <div class="shade" onClick={onClose}>
      <div class="help" role="dialog" aria-label="Keys" onClick={(event) => event.stopPropagation()}>
        <KeyTable title="Everywhere" rows={keys} />
        <KeyTable title="A log" rows={logKeys} />
        <button type="button" onClick={onClose}>
          close
        </button>
      </div>
    </div>
  );
}

function KeyTable({ title, rows }: { title: string; rows: typeof keys }) {
  return (
    <section>
      <h2>{title}</h2>
      <dl>
        {rows.map(([key, what]) => (
          <div key={key}>
            <dt>
              {key.split(/\s+/).map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
