import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { submitResultSchema } from '../../api/requests.ts';
import type { JobView, NodeView, RunView } from '../../api/views.ts';
import { awsSigner, isApiGateway } from './sign-request.ts';
import type { SignRequest } from './sign-request.ts';
import { cliEnvironment } from '../environment.ts';
import type { CliEnvironment } from '../environment.ts';
import { labFolder } from '../../adapters/embedded/lab-folder.ts';
import { readLabSign } from '../lab/sign.ts';

/** A lab as the words of the command line use it. */
export interface LabClient {
  readonly url: string;
  /** `identified` sends the token along, for what the lab tells only those whom it knows. */
  get<T>(path: string, options?: { identified?: boolean }): Promise<T>;
  /** Sends a write once, however often the connection breaks: the same Idempotency-Key goes with each try. */
  post<T>(path: string, body: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  /** The bytes of an answer as they come. */
  stream(path: string, options?: StreamOptions): Promise<AsyncIterable<Uint8Array>>;
}

interface StreamOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Record<string, string>;
}

/** No lab answers. */
export class LabUnreachableError extends Error {
  override readonly name = 'LabUnreachableError';
}

/** The lab refused; the message is its sentence. */
export class LabRefusedError extends Error {
  override readonly name = 'LabRefusedError';
  readonly status: number;
  readonly retryAfterMs: number | null; // null = coming back does not help
  constructor(status: number, sentence: string, retryAfterMs: number | null = null) {
    super(sentence);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export type { JobView, NodeView, RunView };
export type Submitted = z.infer<typeof submitResultSchema>;

/** Finds the lab: LOLIGO_API, else the one that runs in the folder. Does not ask it anything yet. */
export function findLab(
  options: { folder?: string } = {},
  environment: CliEnvironment = cliEnvironment(),
): LabClient {
  const folder = labFolder(options.folder ?? environment.folder);
  const url = (options.folder === undefined ? environment.api : null) ?? readLabSign(folder.root)?.url;
  if (url === undefined) {
    throw new LabUnreachableError(
      `no lab runs in ${folder.root}: start one with "loligo up", or set LOLIGO_API`,
    );
  }
  const fileToken = () => tokenOf(folder.token);
  // The token of a folder is that of its own lab. A lab on AWS learns from IAM who asks.
  const byIam =
    environment.token === null && url.startsWith('https:') && (isApiGateway(url) || fileToken() === null);
  if (byIam) return labClient({ url, token: () => null, sign: awsSigner({ region: environment.region }) });
  return labClient({ url, token: () => environment.token ?? fileToken() });
}

/** The token for a lab: LOLIGO_TOKEN, else that of the folder when this machine has it. */
export function labTokenOf(
  options: { folder?: string },
  environment: CliEnvironment = cliEnvironment(),
): string | null {
  return environment.token ?? tokenOf(labFolder(options.folder ?? environment.folder).token);
}

/**
 * A client of the lab at a URL. `token` is only asked for by writes. Where there is none, `sign` says who asks: for writes, and for
 * reads that the lab refuses to strangers.
 */
export function labClient(lab: {
  url: string;
  token: () => string | null;
  sign?: SignRequest | null;
}): LabClient {
  const send = async (path: string, init: RequestInit) => {
    const response = await reach(lab.url, path, init);
    if (!response.ok) throw await refused(response);
    return response;
  };
  const signed = async (path: string, init: RequestInit) => {
    const { method = 'GET', headers, body } = init;
    const unsigned = { method, url: `${lab.url}${path}`, headers: (headers ?? {}) as Record<string, string> };
    const sign = lab.sign ?? (async () => unsigned.headers);
    const all = await sign({ ...unsigned, body: typeof body === 'string' ? body : null });
    return await send(path, { ...init, headers: all });
  };
  const read = async (path: string, init: RequestInit) => {
    try {
      return await send(path, init);
    } catch (error) {
      const stranger = error instanceof LabRefusedError && (error.status === 401 || error.status === 403);
      if (!stranger || !lab.sign) throw error;
      return await signed(path, init);
    }
  };
  const write = async (method: string, path: string, body: unknown) => {
    const token = lab.token();
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
      ...(token !== null && { authorization: `Bearer ${token}` }),
    };
    const init = { method, headers, body: JSON.stringify(body) };
    return await persistently(() => signed(path, init), { safe: false });
  };
  return {
    url: lab.url,
    get: async <T>(path: string, options: { identified?: boolean } = {}) => {
      const token = options.identified ? lab.token() : null;
      const init = token === null ? {} : { headers: { authorization: `Bearer ${token}` } };
      return (await (await persistently(() => read(path, init), { safe: true })).json()) as T;
    },
    post: async <T>(path: string, body: unknown) => (await (await write('POST', path, body)).json()) as T,
    put: async <T>(path: string, body: unknown) => (await (await write('PUT', path, body)).json()) as T,
    stream: async (path, options = {}) => {
      const response = await read(path, options);
      return response.body ?? emptyStream();
    },
  };
}

/** The API path of a run, a job of it, or something below them. */
export function apiPath(...segments: readonly (string | number)[]): string {
  return `/v1/${segments.map((segment) => encodeURIComponent(segment)).join('/')}`;
}

async function reach(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new LabUnreachableError(
      `no lab answers at ${url} (${why}): start one with "loligo up", or set LOLIGO_API`,
      {
        cause,
      },
    );
  }
}

const longestPauseMs = 60_000;
const retryPausesMs = [200, 300, 500, 1000, 2000, 3000, 4000, 5000];

/** Tries again while the lab says so or may be on its way back; `safe` = nothing is lost when it is given up. */
async function persistently<T>(act: () => Promise<T>, { safe }: { safe: boolean }): Promise<T> {
  let sent = false;
  for (const pauseMs of retryPausesMs) {
    let wishedMs = 0;
    try {
      return await act();
    } catch (error) {
      sent ||= !safe && mayHaveArrived(error);
      // A lab that refuses connections is not there, unless it was a moment ago: then it may be starting again.
      if (!(error instanceof LabUnreachableError && sent) && !isBusy(error)) throw error;
      wishedMs = error instanceof LabRefusedError ? (error.retryAfterMs ?? 0) : 0;
    }
    // Many who were refused at once must not come back at once.
    await sleep(Math.max(pauseMs, wishedMs) + Math.random() * pauseMs);
  }
  return await act();
}

function isBusy(error: unknown): boolean {
  return error instanceof LabRefusedError && error.retryAfterMs !== null;
}

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** A connection that broke may have left the request half done; one that was never made means that nothing was sent. */
function mayHaveArrived(error: unknown): boolean {
  if (!(error instanceof LabUnreachableError)) return isBusy(error);
  const cause = error.cause instanceof Error ? error.cause.cause : undefined;
  return !(cause instanceof Error && 'code' in cause && neverSent.has(String(cause.code)));
}

async function refused(response: Response): Promise<LabRefusedError> {
  const text = await response.text();
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isNaN(after) ? null : Math.min(after * 1000, longestPauseMs);
  try {
    const problem = JSON.parse(text) as { detail?: string };
    return new LabRefusedError(response.status, problem.detail ?? text, retryAfterMs);
  } catch {
    return new LabRefusedError(response.status, text.trim() || `HTTP ${response.status}`, retryAfterMs);
  }
}

function tokenOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}

async function* emptyStream(): AsyncGenerator<Uint8Array> {
  yield* [];
}
