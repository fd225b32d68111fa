import { createMiddleware } from 'hono/factory';
import type { Answer, Submission } from '../core/ports/submissions.ts';
import type { ApiPorts, Caller } from './ports.ts';
import { ProblemError, problemAnswer } from './problem.ts';
import { writeAllowance } from './rate-limit.ts';

/** What middlewares leave for handlers, and what only the process itself can hand in. */
export interface ApiEnv {
  Variables: { caller: Caller; submittedAt: number; resumed: boolean };
  Bindings: { replay?: Submission; address?: string };
}

/** Where the credentials of pools may write. */
export const workerPaths = '/v1/workers/';

const keyPattern = /^[\x21-\x7e]{1,200}$/;

/**
 * Guards a write: who asks must be known, and an Idempotency-Key that was used before gets the first answer without
 * anything being done again. Every POST is journaled under its key (a drawn one when the caller sent none), so that one
 * cut short by the death of the process is carried out again by `replaySubmissions`. An answer of 500 forgets the key.
 */
export function guardedWrite(ports: ApiPorts) {
  const allowed = writeAllowance(ports);
  return createMiddleware<ApiEnv>(async (c, next) => {
    const replay = c.env?.replay;
    const caller = replay
      ? { name: replay.caller, operator: replay.operator ?? false, pool: replay.pool ?? null }
      : await ports.authenticate(c.req.header('authorization') ?? null);
    if (caller === null) {
      return problemAnswer(401, 'writes need the token of the lab: send "Authorization: Bearer TOKEN"');
    }
    if (caller.pool && !c.req.path.startsWith(workerPaths)) {
      const sentence = `the credential of pool ${caller.pool} is for its workers only, not for ${c.req.method} ${c.req.path}`;
      return problemAnswer(403, sentence);
    }
    const refused = replay ? null : allowed(caller, c.env?.address);
    if (refused !== null) return refused;
    c.set('caller', caller);
    c.set('submittedAt', replay?.at ?? ports.clock.now());
    c.set('resumed', replay !== undefined);
    if (c.req.method !== 'POST') return await next();

    const submission = replay ?? (await newSubmission(c.req, caller, c.get('submittedAt')));
    if (!replay) {
      const earlier = await ports.submissions.begin(submission);
      if (earlier.kind === 'known') return repeated(submission, earlier.submission, earlier.answer);
    }
    await next();
    await keepAnswer(ports, submission.key, c.res);
    return undefined;
  });
}

/**
 * Carries out again what the journal has begun and never answered. To be called before the first request is served; a
 * submission that is refused now is answered with the refusal, so that it is not tried for ever.
 */
export async function replaySubmissions(
  ports: Pick<ApiPorts, 'submissions' | 'log'>,
  app: {
    request: (path: string, init: RequestInit, env: ApiEnv['Bindings']) => Response | Promise<Response>;
  },
): Promise<number> {
  const unfinished = await ports.submissions.unfinished();
  for (const submission of unfinished) {
    const init = {
      method: 'POST',
      body: submission.body,
      headers: { 'content-type': 'application/json', 'idempotency-key': submission.key },
    };
    const answer = await app.request(submission.path, init, { replay: submission });
    ports.log.info(
      `submission ${submission.key} of ${submission.caller} was cut short; carried out again: ${answer.status}`,
    );
  }
  return unfinished.length;
}

/** The caller of a read that is not for everybody; refuses whom the lab does not know. */
export async function knownCaller(
  ports: Pick<ApiPorts, 'authenticate'>,
  authorization: string | null,
): Promise<Caller> {
  const caller = await ports.authenticate(authorization);
  if (caller !== null) return caller;
  throw new ProblemError(401, 'the lab does not know you: send "Authorization: Bearer TOKEN"');
}

async function newSubmission(
  request: { path: string; header: (name: string) => string | undefined; text: () => Promise<string> },
  caller: Caller,
  at: number,
): Promise<Submission> {
  const key = request.header('idempotency-key') ?? crypto.randomUUID();
  if (!keyPattern.test(key)) {
    throw new ProblemError(400, `Idempotency-Key '${key.slice(0, 40)}' is not 1 to 200 printable characters`);
  }
  return {
    key,
    caller: caller.name,
    operator: caller.operator,
    pool: caller.pool ?? null,
    path: request.path,
    body: await request.text(),
    at,
  };
}

function repeated(asked: Submission, first: Submission, answer: Answer | null): Response {
  if (first.path !== asked.path || first.body !== asked.body || first.caller !== asked.caller) {
    return problemAnswer(422, `Idempotency-Key '${asked.key}' was used before, for a different request`);
  }
  if (answer === null) {
    const busy = problemAnswer(
      409,
      `the request with Idempotency-Key '${asked.key}' is still being carried out`,
    );
    busy.headers.set('retry-after', '1');
    return busy;
  }
  const headers = { 'content-type': answer.contentType, 'idempotency-replayed': 'true' };
  return new Response(answer.body, { status: answer.status, headers });
}

async function keepAnswer(ports: ApiPorts, key: string, response: Response): Promise<void> {
  if (response.status >= 500) {
    await ports.submissions.forget(key);
    return;
  }
  await ports.submissions.finish(key, {
    status: response.status,
    contentType: response.headers.get('content-type') ?? 'application/json',
    body: await response.clone().text(),
  });
}
