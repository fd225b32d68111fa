/**
 * A relative path that is safe to write below any folder, from a path that a host chose: empty and `.` segments go, a leading
 * dot of a segment becomes `_`, and so does what no archive accepts (backslash, NUL). Different paths may become the same.
 */
export function mungePath(path: string): string {
  const segments = path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .map((segment) => segment.replace(/^\./, '_').replaceAll(/[\\\0]/g, '_'));
  return segments.length === 0 ? '_' : segments.join('/');
}
