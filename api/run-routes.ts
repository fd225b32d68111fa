import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { JobRecord, RunPlace, RunRecord } from '../core/ports/job-store.ts';
import { RunNotFoundError } from '../core/ports/job-store.ts';
import { backtraceOf } from '../core/operations/run-results.ts';
import { runStatus } from '../core/results/run-status.ts';
import { cutPage, fromCursor, nextLink, nextSchema, pageQuery, toCursor } from './paging.ts';
import type { ApiPorts } from './ports.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { has, searchPage } from './search.ts';
import { jobDetailSchema, jobSchema, jobStatusSchema, jobView, runSchema, runView } from './views.ts';
import type { ApiEnv } from './writes.ts';

export const runParams = z.object({ run: z.string().max(200) });
const words = z.string().min(1).max(200).optional();
export const jobParams = z.object({ run: z.string().max(200), job: z.string().max(20) });

const runsRoute = createRoute({
  method: 'get',
  path: '/v1/runs',
  summary: 'Runs, newest first',
  request: {
    query: pageQuery.extend({
      q: words.describe('Text that the name has somewhere.'),
      owner: words,
      suite: words,
      machine_type: words,
      status: words.describe('The last word of the status: `running`, `pass`, ...'),
    }),
  },
  responses: {
    200: {
      description: 'One page',
      content: { 'application/json': { schema: z.object({ runs: z.array(runSchema), next: nextSchema }) } },
    },
    ...problemResponses(422),
  },
});

const runRoute = createRoute({
  method: 'get',
  path: '/v1/runs/{run}',
  summary: 'One run with its status and counts',
  request: { params: runParams },
  responses: {
    200: { description: 'The run', content: { 'application/json': { schema: runSchema } } },
    ...problemResponses(404),
  },
});

const jobsRoute = createRoute({
  method: 'get',
  path: '/v1/runs/{run}/jobs',
  summary: 'Jobs of a run in id order',
  request: {
    params: runParams,
    query: pageQuery.extend({
      status: z
        .string()
        .transform((statuses) => statuses.split(','))
        .pipe(z.array(jobStatusSchema))
        .optional()
        .describe('One or several, separated by commas.'),
      q: words.describe('Text that the description or the failure reason has somewhere.'),
    }),
  },
  responses: {
    200: {
      description: 'One page',
      content: { 'application/json': { schema: z.object({ jobs: z.array(jobSchema), next: nextSchema }) } },
    },
    ...problemResponses(404, 422),
  },
});

const jobRoute = createRoute({
  method: 'get',
  path: '/v1/runs/{run}/jobs/{job}',
  summary: 'One job with its configuration',
  request: { params: jobParams },
  responses: {
    200: {
      description: 'The job',
      content: {
        'application/json': { schema: jobDetailSchema },
      },
    },
    ...problemResponses(404),
  },
});

/** Adds the routes that show runs and jobs. */
export function runRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(runsRoute, async (c) => {
    const { limit, offset, cursor, ...wish } = c.req.valid('query');
    if (Object.values(wish).some((each) => each !== undefined)) {
      const { items, place } = await searchPage({
        limit,
        from: cursor === undefined ? undefined : runPlace(cursor),
        read: (after, size) => ports.jobs.listRuns({ limit: size, ...(after && { after }) }),
        placeOf: ({ submittedAt, name }): RunPlace => ({ submittedAt, name }),
        fits: (run) => runFits(run, wish),
      });
      const next = place === null ? null : toCursor([place.submittedAt, place.name]);
      return c.json({ runs: items.map((run) => runView(run, ports)), next }, 200, nextLink(c.req.url, next));
    }
    const after = cursor === undefined ? {} : { after: runPlace(cursor) };
    const runs = await ports.jobs.listRuns({ limit: limit + 1, offset, ...after });
    const { page, next } = cutPage(runs, limit, (run) => [run.submittedAt, run.name]);
    return c.json({ runs: page.map((run) => runView(run, ports)), next }, 200, nextLink(c.req.url, next));
  });
  app.openapi(runRoute, async (c) => {
    return c.json(runView(await existingRun(ports, c.req.valid('param').run), ports), 200);
  });
  app.openapi(jobsRoute, async (c) => {
    const { name: run } = await existingRun(ports, c.req.valid('param').run);
    const { limit, offset, cursor, status, q } = c.req.valid('query');
    const [from] = cursor === undefined ? [] : fromCursor(cursor, ['number']);
    const read = (after: number | undefined, size: number, skip = 0) =>
      ports.jobs.listJobs({
        run,
        limit: size,
        offset: skip,
        ...(after !== undefined && { after }),
        ...(status && { statuses: status }),
      });
    if (q !== undefined) {
      const fits = (job: JobRecord) => has(job.description, q) || has(job.failureReason ?? '', q);
      const placeOf = (job: JobRecord) => job.jobId;
      const { items, place } = await searchPage({ limit, from, read, placeOf, fits });
      const next = place === null ? null : toCursor([place]);
      return c.json({ jobs: items.map((job) => jobView(job, ports)), next }, 200, nextLink(c.req.url, next));
    }
    const jobs = await read(from, limit + 1, offset);
    const { page, next } = cutPage(jobs, limit, (job) => [job.jobId]);
    return c.json({ jobs: page.map((job) => jobView(job, ports)), next }, 200, nextLink(c.req.url, next));
  });
  app.openapi(jobRoute, async (c) => {
    const job = await existingJob(ports, c.req.valid('param'));
    const failed = job.status === 'fail' || job.status === 'dead';
    const backtrace = failed ? await backtraceOf(ports.archive, job) : null;
    return c.json({ ...jobView(job, ports), config: job.config, backtrace }, 200);
  });
}

function runFits(
  run: RunRecord,
  wish: { q?: string; owner?: string; suite?: string; machine_type?: string; status?: string },
): boolean {
  const same = (value: string, wanted: string | undefined) => wanted === undefined || value === wanted;
  return (
    has(run.name, wish.q ?? '') &&
    same(run.owner, wish.owner) &&
    same(run.suite, wish.suite?.replaceAll('/', ':')) &&
    (wish.machine_type === undefined || run.machineType.split(',').includes(wish.machine_type)) &&
    same(runStatus(run).split(' ').at(-1) ?? '', wish.status)
  );
}

function runPlace(cursor: string): RunPlace {
  const [submittedAt, name] = fromCursor(cursor, ['number', 'string']);
  return { submittedAt, name };
}

/** The run, or RunNotFoundError. */
export async function existingRun(ports: Pick<ApiPorts, 'jobs'>, name: string): Promise<RunRecord> {
  const run = await ports.jobs.getRun(name);
  if (run === null) throw new RunNotFoundError(name);
  return run;
}

/** The job, or the sentence that says which part of its name leads nowhere. */
export async function existingJob(
  ports: Pick<ApiPorts, 'jobs'>,
  { run, job }: { run: string; job: string },
): Promise<JobRecord> {
  const record = /^[1-9]\d*$/.test(job) ? await ports.jobs.getJob(run, Number(job)) : null;
  if (record !== null) return record;
  await existingRun(ports, run);
  throw new ProblemError(404, `run '${run}' has no job '${job}'`);
}
