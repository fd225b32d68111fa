/**
 * Why a suite cannot be expanded. `file` is the path, below the suite source, that must be mended; `originalError` is the
 * class that the original raises in the same situation, which scripts around it may know.
 */
export abstract class SuiteError extends Error {
  readonly file: string;
  readonly originalError: string;
  constructor(params: { message: string; file: string; originalError: string; cause?: unknown }) {
    super(params.message, params.cause === undefined ? undefined : { cause: params.cause });
    this.file = params.file;
    this.originalError = params.originalError;
  }
}

/** A path of the suite leads nowhere: a missing suite, a dangling link or a loop of links. */
export class SuitePathError extends SuiteError {
  override readonly name = 'SuitePathError';
  constructor(params: { file: string; reason: string; originalError?: string }) {
    super({
      message: `${params.file} ${params.reason}`,
      file: params.file,
      originalError: params.originalError ?? 'OSError',
    });
  }
}

/** A directory that must offer fragments has none that count. */
export class EmptyFacetError extends SuiteError {
  override readonly name = 'EmptyFacetError';
  constructor(params: { file: string; reason: string; originalError: string }) {
    super({ ...params, message: `${params.file} ${params.reason}` });
  }
}

/** The content of a `%` file, or what it asks for, makes no sense. */
export class NestedSubsetError extends SuiteError {
  override readonly name = 'NestedSubsetError';
  constructor(params: { file: string; reason: string; originalError: string }) {
    super({ ...params, message: `${params.file}: ${params.reason}` });
  }
}

/** `--subset M/N` that is not two whole numbers with M below N. */
export class SubsetError extends SuiteError {
  override readonly name = 'SubsetError';
  constructor(params: { subset: string; reason: string; originalError: string }) {
    super({
      message: `subset '${params.subset}': ${params.reason}`,
      file: '',
      originalError: params.originalError,
    });
  }
}

/** A fragment that cannot be read or merged, or whose script failed; it ends the whole expansion. */
export class FragmentError extends SuiteError {
  override readonly name = 'FragmentError';
  readonly job: string; // its description
  constructor(params: { file: string; job: string; reason: string; originalError: string; cause?: unknown }) {
    super({ ...params, message: `${params.file}: ${params.reason} (job ${params.job})` });
    this.job = params.job;
  }
}

/** A filter that cannot be asked: a keyword that is no Lua pattern, or a job's os_version that is no version. */
export class FilterError extends SuiteError {
  override readonly name = 'FilterError';
  readonly keyword: string;
  constructor(params: { keyword: string; reason: string; cause?: unknown }) {
    const message = `filter '${params.keyword}': ${params.reason}`;
    super({ ...params, message, file: '', originalError: 'LuaError' });
    this.keyword = params.keyword;
  }
}
