import type { PlainValue, Remote, TaskContext } from '../engine/task.ts';
import { suppressionsShipped } from '../helpers/ship-utilities.ts';
import { quoteWord } from '../remote/quote.ts';

/** Where valgrind's reports are on a host; they are archived with Ceph's logs. */
export const valgrindFolder = '/var/log/ceph/valgrind';

/** Valgrind found something, or nothing although it was to. */
export class ValgrindError extends Error {
  override readonly name = 'ValgrindError';
}

/** One kind of finding in one report. */
export interface ValgrindFinding {
  readonly host: string;
  readonly report: string; // `osd.0.log`
  readonly kind: string; // `Leak_DefinitelyLost`
  readonly count: number;
  readonly first: string; // what the first of them is about, and where
}

const used = new WeakSet<Map<string, unknown>>();

/** What a program's command begins with under valgrind; empty for null. `report` is the role. Remembers that the job has reports to look through. */
export function valgrindWords(
  ctx: Pick<TaskContext, 'state'>,
  given: PlainValue | undefined,
  params: { report: string; remote: Pick<Remote, 'testDir'> },
): string[] {
  if (given === undefined || given === null) return [];
  used.add(ctx.state);
  const own = (Array.isArray(given) ? given : [given]).map(String);
  const log = `${valgrindFolder}/${params.report}.log`;
  const isXml = own.some((word) => /--tool=(memcheck|helgrind)/.test(word));
  return [
    'env',
    'OPENSSL_ia32cap=~0x1000000000000000',
    'valgrind',
    '--trace-children=no',
    '--child-silent-after-fork=yes',
    '--soname-synonyms=somalloc=*tcmalloc*',
    '--time-stamp=yes',
    ...(suppressionsShipped(ctx) ? [`--suppressions=${params.remote.testDir}/valgrind.supp`] : []),
    '--vgdb=no', // its pipes are left in /tmp by a program that is killed
    ...(isXml ? ['--num-callers=50', '--xml=yes', `--xml-file=${log}`] : [`--log-file=${log}`]),
    ...own,
  ];
}

/** Whether any program of the job runs under valgrind. */
export function usesValgrind(ctx: Pick<TaskContext, 'state'>): boolean {
  return used.has(ctx.state);
}

// For each report and kind: how many, and the first error as it is. Reports may be compressed by log rotation.
const scan = `cd ${valgrindFolder} 2>/dev/null || exit 0
for report in *.log; do
  test -e "$report" || continue
  awk -v report="$report" '
    /<error>/ { text = ""; inside = 1 }
    inside { text = text $0 " " }
    /<\\/error>/ {
      inside = 0
      kind = text; sub(/.*<kind>/, "", kind); sub(/<\\/kind>.*/, "", kind)
      if (!(kind in count)) first[kind] = substr(text, 1, 4000)
      count[kind]++
    }
    END { for (kind in count) print report "\\t" kind "\\t" count[kind] "\\t" first[kind] }
  ' "$report"
done`;

/** Looks through the reports of all hosts; valgrind writes them when its programs have ended. Leaks of metadata servers do not count, as in the original. */
export async function findValgrindErrors(remotes: readonly Remote[]): Promise<ValgrindFinding[]> {
  const found = await Promise.all(
    remotes.map(async (remote) => {
      const script = `sudo sh -c ${quoteWord(scan)}`;
      const text = await remote.sh(script, {
        quiet: true,
        label: 'ceph: look through the reports of valgrind',
      });
      return readFindings(remote.shortname, text);
    }),
  );
  return found.flat();
}

/** Reads what the hosts print: a finding a line. */
export function readFindings(host: string, text: string): ValgrindFinding[] {
  return text.split('\n').flatMap((line) => {
    const [report, kind, count, error = ''] = line.split('\t');
    if (report === undefined || kind === undefined || count === undefined) return [];
    if (report.includes('mds') && kind.includes('Lost')) return [];
    return [{ host, report, kind, count: Number(count), first: describeError(error) }];
  });
}

/** Throws when there is a finding, or with `expected` when there is none; the findings go to `valgrind.yaml`. */
export async function judgeValgrind(ctx: TaskContext, expected: boolean): Promise<void> {
  ctx.log.info('Looking through the reports of valgrind...');
  const findings = await findValgrindErrors(ctx.cluster.remotes);
  for (const { kind, report, host, count } of findings)
    ctx.log.error(`saw valgrind issue ${kind} in ${report} on ${host}, ${count} times`);
  const [first] = findings;
  if (first !== undefined) await ctx.archive?.put('valgrind.yaml', JSON.stringify({ findings }, null, 2)); // JSON is YAML
  if (expected && first === undefined) throw new ValgrindError('expected valgrind issues and found none');
  if (expected || first === undefined) return;
  throw new ValgrindError(
    `saw valgrind issues: ${first.kind} in ${first.report} on ${first.host}: ${first.first}`,
  );
}

const shownFrames = 5;

/** `what it is, at fn (file:line) < fn ...` of an error in valgrind's XML. */
function describeError(xml: string): string {
  const of = (tag: string, text: string): string =>
    plain(new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(text)?.[1] ?? '');
  const what = of('what', xml) || of('text', xml);
  const frames = [...xml.matchAll(/<frame>(.*?)<\/frame>/g)].slice(0, shownFrames).map(([, frame = '']) => {
    const name = of('fn', frame) || of('ip', frame);
    const file = of('file', frame);
    return file === '' ? name : `${name} (${file}:${of('line', frame)})`;
  });
  return `${what} at ${frames.join(' < ')}`;
}

function plain(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&').trim();
}
