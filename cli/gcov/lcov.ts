import { execa } from 'execa';
import { InputError } from '../client/failure.ts';

/** lcov or genhtml ended with a failure; the message has the last that it said. */
class LcovFailedError extends Error {
  override readonly name = 'LcovFailedError';
}

/** Which gcov reads the files; it must be of the compiler that made them. */
export interface Lcov {
  /** Makes a tracefile of the counters below a folder, each beside its notes; `initial`: of the notes alone, everything zero. */
  capture(params: { folder: string; to: string; initial?: boolean }): Promise<void>;
  /** Adds tracefiles up into one, in which every source file has one record. */
  add(tracefiles: readonly string[], to: string): Promise<void>;
  /** Takes the records of sources that fit a pattern of the shell out of a tracefile. */
  remove(tracefile: string, pattern: string): Promise<void>;
  /** Writes a tracefile as pages; sources that are not there are left out of them. */
  pages(params: { tracefile: string; folder: string; title: string }): Promise<void>;
}

const branches = ['--rc', 'lcov_branch_coverage=1'];

/** lcov as it is installed on this machine. */
export function installedLcov(gcov: string | null): Lcov {
  const lcov = (...args: string[]): Promise<void> => run('lcov', ['--quiet', ...branches, ...args]);
  const tool = gcov === null ? [] : ['--gcov-tool', gcov];
  return {
    capture: ({ folder, to, initial = false }) =>
      lcov(
        '--capture',
        ...(initial ? ['--initial'] : []),
        '--directory',
        folder,
        ...tool,
        '--output-file',
        to,
      ),
    add: (tracefiles, to) =>
      lcov(...tracefiles.flatMap((file) => ['--add-tracefile', file]), '--output-file', to),
    remove: (tracefile, pattern) => lcov('--remove', tracefile, pattern, '--output-file', tracefile),
    pages: ({ tracefile, folder, title }) => {
      const how = ['--quiet', '--branch-coverage', '--legend', '--ignore-errors', 'source'];
      return run('genhtml', [...how, '--title', title, '--output-directory', folder, tracefile]);
    },
  };
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const result = await execa(program, args, { reject: false, stdin: 'ignore', all: true });
  if (!result.failed) return;
  if (result.code === 'ENOENT')
    throw new InputError(`${program} is not installed on this machine: apt-get install lcov`);
  const said = (result.all ?? '').trim().split('\n').slice(-3).join(' | ');
  throw new LcovFailedError(
    `${program} ${args.find((arg) => arg !== '--quiet' && !branches.includes(arg))}: ${said}`,
  );
}
