const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  gif: 'image/gif',
  gz: 'application/gzip',
  htm: 'text/html; charset=utf-8',
  html: 'text/html; charset=utf-8',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json; charset=utf-8',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  tgz: 'application/gzip',
  xml: 'text/xml; charset=utf-8',
  xz: 'application/x-xz',
  zip: 'application/zip',
  zst: 'application/zstd',
};

const plainText = new Set([
  'cfg',
  'conf',
  'csv',
  'err',
  'ini',
  'jsonl',
  'log',
  'md',
  'out',
  'py',
  'sh',
  'txt',
  'yaml',
  'yml',
]);

/** What a browser shall take an archived file for: everything that people read is shown inline as text, not downloaded. */
export function contentType(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  if (dot <= 0) return 'text/plain; charset=utf-8'; // `pid`, `owner`, `console_log`
  const extension = name.slice(dot + 1).toLowerCase();
  if (plainText.has(extension) || /^\d+$/.test(extension)) return 'text/plain; charset=utf-8'; // `ceph-mon.a`, `syslog.1`
  return types[extension] ?? 'application/octet-stream';
}
