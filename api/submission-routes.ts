import { createRoute } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { NoPackagesError } from '../core/operations/check-packages.ts';
import { BuildNotFoundError } from '../core/operations/choose-build.ts';
import { ExpireTimeError } from '../core/operations/expire-time.ts';
import { RerunError } from '../core/operations/rerun.ts';
import { SuiteOrderError } from '../core/operations/suite-order.ts';
import { SuiteSourceError } from '../core/ports/suite-source.ts';
import { PackageIndexError } from '../core/ports/package-index.ts';
import { jsonBody } from './bodies.ts';
import { pagePath } from './views.ts';
import {
  jobRequest,
  jobRequestSchema,
  submitResultSchema,
  suiteRequest,
  suiteRequestSchema,
} from './requests.ts';
import { recordAct } from '../core/operations/actor.ts';
import type { ApiPorts, Caller, SubmitResult } from './ports.ts';
import { ProblemError, problemResponses } from './problem.ts';
import type { ApiEnv } from './writes.ts';

const submitted = {
  description: 'The run, its jobs queued',
  content: { 'application/json': { schema: submitResultSchema } },
};
const refusals = problemResponses(400, 401, 403, 409, 413, 422);
const security = [{ token: [] }];

const suiteRoute = createRoute({
  method: 'post',
  path: '/v1/suites',
  summary: 'Expand a suite and queue its jobs as one run',
  security,
  request: { body: jsonBody(suiteRequestSchema) },
  responses: { 201: submitted, 200: { ...submitted, description: 'Of a dry run' }, ...refusals },
});

const jobRoute = createRoute({
  method: 'post',
  path: '/v1/jobs',
  summary: 'Queue one job',
  security,
  request: { body: jsonBody(jobRequestSchema) },
  responses: { 201: submitted, ...refusals },
});

/** Adds the routes that put work into the lab. */
export function submissionRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  const view = (result: SubmitResult) => ({
    run: result.run,
    url: `${ports.url}${pagePath(result.run)}`,
    archive_url: ports.archive.url(result.run),
    jobs: result.jobs,
    dropped: result.dropped,
    job_ids: [...result.jobIds],
    seed: result.seed,
    descriptions: [...result.descriptions],
    ...(result.configs && { configs: [...result.configs], base: result.base ?? null }),
    ...(result.generated !== undefined && { generated: result.generated }),
    ...(result.notes && { notes: [...result.notes] }),
  });

  app.openapi(suiteRoute, async (c) => {
    const body = c.req.valid('json');
    const owner = ownerOf(c.get('caller'), body.owner);
    const context = { owner, now: c.get('submittedAt'), resumed: c.get('resumed') };
    const result = await refusing(() => ports.submit.suite(suiteRequest(body), context));
    if (body.dry_run) return c.json(view(result), 200);
    const detail = `suite ${body.suite ?? `of ${body.rerun}`}, ${result.jobs} jobs, for ${owner}`;
    await recordAct(ports, { actor: c.get('caller'), action: 'submit', subject: result.run, detail });
    ports.log.info(
      `${c.get('caller').name} submitted suite ${body.suite ?? `of ${body.rerun}`}: run ${result.run}, ${result.jobs} jobs`,
    );
    return c.json(view(result), 201);
  });

  app.openapi(jobRoute, async (c) => {
    const body = c.req.valid('json');
    const owner = ownerOf(c.get('caller'), body.owner);
    const context = { owner, now: c.get('submittedAt'), resumed: c.get('resumed') };
    const result = await refusing(() => ports.submit.job(jobRequest(body), context));
    const detail = `jobs ${result.jobIds.join(' ')}, for ${owner}`;
    await recordAct(ports, { actor: c.get('caller'), action: 'submit', subject: result.run, detail });
    ports.log.info(`${c.get('caller').name} submitted job ${result.jobIds.join(', ')} of run ${result.run}`);
    return c.json(view(result), 201);
  });
}

/** What is wrong with an order itself, or with what it names. */
const refusals422 = [
  BuildNotFoundError,
  ExpireTimeError,
  NoPackagesError,
  PackageIndexError,
  SuiteSourceError,
  RerunError,
  SuiteOrderError,
] as const;

async function refusing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!refusals422.some((kind) => error instanceof kind)) throw error;
    throw new ProblemError(422, (error as Error).message, { cause: error });
  }
}

function ownerOf(caller: Caller, asked: string | null): string {
  if (asked === null || asked === caller.name) return caller.name;
  if (!caller.operator)
    throw new ProblemError(403, `${caller.name} may not submit for '${asked}': only operators may`);
  return asked;
}
