import { HTTPException } from 'hono/http-exception';
import { z } from '@hono/zod-openapi';
import { MergeConflictError } from '../core/config/deep-merge.ts';
import { JobConfigError } from '../core/config/job-problem.ts';
import { RequirementError } from '../core/config/node-requirements.ts';
import { YamlError } from '../core/config/yaml-error.ts';
import {
  NodeNotFoundError,
  NodeStateError,
  NodesLackingError,
  NodesTakenError,
} from '../core/locks/errors.ts';
import { MailRefusedError } from '../core/operations/mail-results.ts';
import { JobNotFoundError, NotAllowedError } from '../core/operations/kill.ts';
import { TokenNotFoundError, TokenTakenError } from '../core/operations/issue-tokens.ts';
import { QueueNotPausedError } from '../core/operations/pause-queues.ts';
import { RunNameError } from '../core/operations/run-name.ts';
import { RunExistsError } from '../core/operations/submission.ts';
import { RunTooBigError } from '../core/operations/suite-limits.ts';
import { ArchivePathError } from '../core/ports/archive.ts';
import { RunClosedError, RunNotFoundError } from '../core/ports/job-store.ts';
import { StoreBusyError } from '../core/ports/store-busy.ts';
import { SuiteError } from '../core/suites/errors.ts';

/** A request that cannot be answered as asked. The sentence names the value that was wrong. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: ProblemStatus;
  constructor(status: ProblemStatus, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.status = status;
  }
}

export type ProblemStatus = keyof typeof titles;

const titles = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  416: 'Range not satisfiable',
  422: 'Not acceptable as given',
  429: 'Too many requests',
  500: 'Internal error',
  501: 'Not offered here',
  502: 'Refused further on',
  503: 'Not now',
} as const;

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe('One sentence that names the value.'),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');

/** The `responses` entries of a route that may fail in these ways. */
export function problemResponses<Status extends ProblemStatus>(...statuses: Status[]) {
  const entries = statuses.map((status) => [
    status,
    { description: titles[status], content: { 'application/problem+json': { schema: problemSchema } } },
  ]);
  return Object.fromEntries(entries) as Record<Status, { description: string }>;
}

/** An RFC 9457 answer. */
export function problemAnswer(
  status: ProblemStatus,
  detail: string,
  errors?: readonly { path: string; message: string }[],
): Response {
  const problem = { type: 'about:blank', title: titles[status], status, detail, ...(errors && { errors }) };
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="loligo"';
  return new Response(`${JSON.stringify(problem)}\n`, { status, headers });
}

/** What a caller's own YAML, suite or names may be: the message already says where. */
const unusableInput = [
  JobConfigError,
  MergeConflictError,
  NodesLackingError,
  RequirementError,
  RunNameError,
  RunTooBigError,
  SuiteError,
  YamlError,
] as const;

const missing = [RunNotFoundError, JobNotFoundError, NodeNotFoundError, TokenNotFoundError] as const;
const conflicts = [
  QueueNotPausedError,
  RunExistsError,
  RunClosedError,
  NodeStateError,
  NodesTakenError,
  TokenTakenError,
] as const;

export interface Problem {
  readonly status: ProblemStatus;
  readonly detail: string;
  readonly retryAfterSeconds?: number; // the same request may be answered then
}

/** What an error means to a caller; null when it is nobody's fault but ours. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof ProblemError) return { status: error.status, detail: error.message };
  if (missing.some((kind) => error instanceof kind)) {
    return { status: 404, detail: (error as Error).message };
  }
  if (error instanceof StoreBusyError) {
    const { message, retryAfterSeconds } = error;
    return { status: 503, detail: `${message}; try again later`, retryAfterSeconds };
  }
  if (error instanceof NotAllowedError) return { status: 403, detail: error.message };
  if (error instanceof MailRefusedError) return { status: 502, detail: error.message };
  if (error instanceof ArchivePathError) return { status: 400, detail: error.message };
  if (conflicts.some((kind) => error instanceof kind)) {
    return { status: 409, detail: (error as Error).message };
  }
  if (unusableInput.some((kind) => error instanceof kind)) {
    return { status: 422, detail: (error as Error).message };
  }
  if (error instanceof z.ZodError) return { status: 422, detail: refusal(error, undefined).detail };
  if (error instanceof HTTPException) {
    const status = error.status in titles ? (error.status as ProblemStatus) : 400;
    return { status, detail: error.message };
  }
  return null;
}

/** The sentence for input that a schema refused: where, what was expected, and what was given. */
export function refusal(
  error: z.ZodError,
  given: unknown,
): { detail: string; errors: { path: string; message: string }[] } {
  const errors = error.issues.map((issue) => ({
    path: issue.path.map(String).join('.'),
    message: `${issue.message}${shown(valueAt(given, issue.path))}`,
  }));
  const detail = errors
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ');
  return { detail, errors };
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    given,
  );
}

function shown(value: unknown): string {
  if (value === undefined) return '';
  const text = JSON.stringify(value);
  return ` (given: ${text.length > 80 ? `${text.slice(0, 79)}…` : text})`;
}
