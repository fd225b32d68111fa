const mostLines = 80;

/**
 * The last backtrace in the text of a log: of Python, or of a Ceph daemon that caught a signal. Null when there is none. What a log
 * line has before its message is taken off, so that the same fault on another day reads the same.
 */
export function lastBacktrace(log: string): string | null {
  const lines = log.split('\n').map(withoutPrefix);
  const start = lines.findLastIndex((line) =>
    /^Traceback \(most recent call last\):|\*\*\* Caught signal/.test(line),
  );
  if (start < 0) return null;
  const python = lines[start]?.startsWith('Traceback') ?? false;
  const taken = [lines[start] ?? ''];
  for (const line of lines.slice(start + 1, start + mostLines)) {
    const inside = python ? line.startsWith(' ') : /^\s*(\d+: |in thread|ceph version|NOTE:)/.test(line);
    if (!inside && !python) break;
    taken.push(line);
    if (!inside) break; // the error itself is the first line that is not indented
  }
  return taken.join('\n').trimEnd();
}

function withoutPrefix(line: string): string {
  return line.replace(/^\d{4}-\d\d-\d\d[T ][\d:.,]+ (DEBUG|INFO|WARNING|ERROR|CRITICAL):[^:\s]+:/, '');
}
