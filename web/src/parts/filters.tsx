import { useEffect, useState } from 'preact/hooks';

/** A field whose text takes effect when the typing rests. `/` goes to the one with `search`. */
export function TextFilter(props: {
  label: string;
  value: string;
  onValue: (value: string) => void;
  search?: boolean;
  wide?: boolean;
}) {
  const { label, value, onValue } = props;
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onValue(text), 250);
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
      onKeyDown={(event) => event.key === 'Enter' && onValue(text)}
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
