/**
 * The fragments that a job's description names: `rados/{a b/{c d}}` is `rados/a`, `rados/b/c` and `rados/b/d`. Text that is no
 * description of a suite comes back as its words.
 */
export function descriptionFragments(description: string): readonly string[] {
  const found: string[] = [];
  const prefixes: string[] = [''];
  let word = '';
  const end = () => {
    if (word !== '' && word !== '%' && word !== '+' && word !== '$')
      found.push(`${prefixes.at(-1) ?? ''}${word}`);
    word = '';
  };
  for (const sign of description) {
    if (sign === '{') {
      prefixes.push(`${prefixes.at(-1) ?? ''}${word}`);
      word = '';
    } else if (sign === '}' || /\s/.test(sign)) {
      end();
      if (sign === '}' && prefixes.length > 1) prefixes.pop();
    } else word += sign;
  }
  end();
  return found;
}
