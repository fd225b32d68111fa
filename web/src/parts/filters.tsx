import { useEffect, useRef, useState } from 'preact/hooks';

/**
 * A field whose text takes effect when the typing rests. `/` goes to the one with `search`. A value from outside
 * (a link, the back button) replaces the text; the field's own value that comes back does not, since its reader may
 * have typed on meanwhile.
 */
export function TextFilter(props: {
  label: string;
  value: string;
  onValue: (value: string) => void;
  search?: boolean;
  wide?: boolean;
}) {
  const { label, value, onValue } = props;
  const [text, setText] = useState(value);
  const seen = useRef(value);
  const sent = useRef(value);
  const send = () => {
    sent.current = text;
    onValue(text);
  };
  if (value !== seen.current) {
    seen.current = value;
    if (value !== sent.current) setText(value);
    sent.current = value;
  }
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(send, 250);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      class={props.wide ? 'wide' : ''}
      aria-label={label}
      placeholder={label}
      value={text}
      spellcheck={false}
      {...(props.search ? { 'data-search': '' } : {})}
      onInput={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Enter' && send()}
    />
  );
}

/** A choice of one, or of all. */
export function ChoiceFilter(props: {
  label: string;
  value: string;
  choices: readonly string[];
  onValue: (value: string) => void;
}) {
  const { label, value, choices } = props;
  const all = value === '' || choices.includes(value) ? choices : [value, ...choices];
  return (
    <select aria-label={label} value={value} onChange={(event) => props.onValue(event.currentTarget.value)}>
      <option value="">{label}: any</option>
      {all.map((choice) => (
        <option key={choice} value={choice}>
          {choice}
        </option>
      ))}
    </select>
  );
}
