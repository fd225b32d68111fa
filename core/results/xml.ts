const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** What XML 1.0 cannot hold, not even escaped. Lone surrogates are among it. */
// oxlint-disable-next-line no-control-regex
const unspeakable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

/** One element. Attributes that are null are left out; content is text, or elements that get a line each. */
export function xmlElement(
  name: string,
  attributes: Readonly<Record<string, string | number | null>>,
  content: string | readonly string[] = [],
): string {
  const given = Object.entries(attributes).filter(([, value]) => value !== null);
  const open = [name, ...given.map(([key, value]) => `${key}="${escaped(String(value), /[&<>"'\t\n\r]/g)}"`)];
  const inside =
    typeof content === 'string'
      ? escaped(content, /[&<>\r]/g)
      : content.map((child) => `\n${child}`).join('') + (content.length > 0 ? '\n' : '');
  return inside === '' ? `<${open.join(' ')}/>` : `<${open.join(' ')}>${inside}</${name}>`;
}

function escaped(text: string, signs: RegExp): string {
  return text.replace(unspeakable, '').replace(signs, (sign) => entities[sign] ?? '');
}
