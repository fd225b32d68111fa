import { GitFailedError, git } from './git-command.ts';
import { LocationError, RefNotFoundError, UnreadableRepositoryError } from './source-errors.ts';

/** A ref as the server has it now. */
export interface ResolvedRef {
  readonly sha1: string;
  readonly name: string | null; // as the server calls it; null when a commit was asked for by its sha1
}

const sha1Pattern = /^[0-9a-f]{40}$/;

/**
 * The commit behind a branch, tag, full ref name or sha1; a branch goes before a tag of the same name, null is the default branch.
 * Asks the server once; a full sha1 is taken as it is, and only fetching tells whether it exists.
 */
export async function resolveRef(params: {
  gitDir: string;
  url: string;
  shown: string;
  ref: string | null;
  deadlineMs: number;
}): Promise<ResolvedRef> {
  const { gitDir, url, shown, deadlineMs } = params;
  const ref = params.ref ?? 'HEAD';
  if (sha1Pattern.test(ref.toLowerCase())) return { sha1: ref.toLowerCase(), name: null };
  refuseOddRef(ref);
  const names = ref.startsWith('refs/') || ref === 'HEAD' ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  const patterns = names.flatMap((name) => [name, `${name}^{}`]);
  const call = { gitDir, deadlineMs, args: ['ls-remote', '--quiet', '--', url, ...patterns] };
  const listed = await git(call).catch((cause: unknown) => {
    if (!(cause instanceof GitFailedError)) throw cause;
    throw new UnreadableRepositoryError({ repository: shown, reason: cause.reason, cause });
  });
  const known = parseRefs(listed.toString());
  for (const name of names) {
    const sha1 = known.get(`${name}^{}`) ?? known.get(name); // The first is the commit that an annotated tag is on.
    if (sha1 !== undefined) return { sha1, name };
  }
  throw new RefNotFoundError({ ref, repository: shown });
}

function parseRefs(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t'))]),
  );
}

/** What `git check-ref-format` refuses, and with it globs and options. */
function refuseOddRef(ref: string): void {
  const isOdd =
    ref === '' ||
    ref.length > 1000 ||
    ref.startsWith('-') ||
    /[\s\p{Cc}~^:?*[\\]|\.\.|@\{|\/\/|^\/|[/.]$/u.test(ref) ||
    ref.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'));
  if (isOdd) throw new LocationError(`'${ref}' is not the name of a branch, tag or commit`);
}
