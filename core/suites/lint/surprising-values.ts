import type { WrittenScalar } from './survey.ts';

/** Keys whose values are always meant as text. */
const textKeys = new Set([
  'os_type',
  'os_version',
  'branch',
  'tag',
  'sha1',
  'release',
  'version',
  'arch',
  'machine_type',
  'flavor',
  'description',
  'name',
  'email',
  'owner',
  'suite_branch',
]);

/** Why a scalar is likely not what its author meant, or null when it may well be. */
export function surprise(scalar: WrittenScalar): string | null {
  const { text, type, isKey, path } = scalar;
  if (isKey) {
    return type === 'bool' || type === 'timestamp' || isSexagesimal(scalar) || isOctal(scalar)
      ? `the key ${text} is read as ${typeName(scalar)}, not as text; quote it`
      : null;
  }
  const key = path.findLast((step) => typeof step === 'string') ?? null;
  const where = typeof path.at(-1) === 'string' ? `${String(key)}: ${text}` : text;
  if (isSexagesimal(scalar)) return `'${where}' is read as a number to the base 60; quote it`;
  if (isOctal(scalar)) return `'${where}' is read as an octal number, since it begins with 0; quote it`;
  if (typeof path.at(-1) !== 'string' || !textKeys.has(String(key))) return null;
  const zero = type === 'float' && /\.\d*0$/.test(text) ? ` and loses its last zero` : '';
  // A release or version that is a plain integer prints as it is written.
  return type === 'int' && key !== 'os_version'
    ? null
    : `'${where}' is read as ${typeName(scalar)}${zero}; quote it`;
}

function isSexagesimal({ type, text }: WrittenScalar): boolean {
  return (type === 'int' || type === 'float') && text.includes(':');
}

/** Whole numbers with a leading zero, `0` itself not among them. */
function isOctal({ type, text }: WrittenScalar): boolean {
  return type === 'int' && /^[-+]?0[0-7_]*[0-7]$/.test(text) && !/^[-+]?0+$/.test(text);
}

function typeName({ type, text }: WrittenScalar): string {
  if (type === 'bool') return /^(?:yes|on|true)$/i.test(text) ? 'true' : 'false';
  return type === 'timestamp' ? 'a date' : 'a number';
}
