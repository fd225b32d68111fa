import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { mailResults } from '../core/operations/mail-results.ts';
import { runFailures, runResults } from '../core/operations/run-results.ts';
import type { ResultsPorts } from '../core/operations/run-results.ts';
import type { FailureCluster } from '../core/results/cluster-failures.ts';
import { failureKinds } from '../core/results/failure-kind.ts';
import { junitXml } from '../core/results/junit.ts';
import { resultsMail } from '../core/results/results-mail.ts';
import { jsonBody } from './bodies.ts';
import type { ApiPorts } from './ports.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { runParams } from './run-routes.ts';
import { pagePath, runSchema, runView } from './views.ts';
import type { ApiEnv } from './writes.ts';

const clusterSchema = z
  .object({
    kind: z.enum(failureKinds),
    reason: z.string().nullable().describe('Of the first of its jobs.'),
    backtrace: z.string().nullable(),
    job_ids: z.array(z.number().int()),
    common_fragments: z.array(z.string()).describe('Of all its jobs.'),
    all_fragments: z.array(z.string()).describe('Of any of its jobs.'),
  })
  .openapi('FailureCluster');

const resultsSchema = z
  .object({
    run: runSchema,
    subject: z.string().describe('Of the mail.'),
    mail: z.string().describe('Its text.'),
    clusters: z.array(clusterSchema).describe('Failures by their likely cause, the most frequent first.'),
  })
  .openapi('RunResults');

export type RunResultsView = z.infer<typeof resultsSchema>;

const resultsRoute = createRoute({
  method: 'get',
  path: '/v1/runs/{run}/results',
  summary: 'Results of a run: the mail about it, and its failures by likely cause',
  request: { params: runParams },
  responses: {
    200: { description: 'As they are now', content: { 'application/json': { schema: resultsSchema } } },
    ...problemResponses(404),
  },
});

const junitRoute = createRoute({
  method: 'get',
  path: '/v1/runs/{run}/junit.xml',
  summary: 'Results of a run as JUnit XML: `fail` is a failure, `dead` an error',
  request: { params: runParams },
  responses: {
    200: { description: 'As they are now', content: { 'application/xml': { schema: z.string() } } },
    ...problemResponses(404),
  },
});

const mailRoute = createRoute({
  method: 'post',
  path: '/v1/runs/{run}/results/mail',
  summary: 'Send the mail about a run, as it is now, to an address',
  security: [{ token: [] }],
  request: {
    params: runParams,
    body: jsonBody(
      z.strictObject({ to: z.email({ error: 'is no mail address' }).max(320) }).openapi('MailRequest'),
    ),
  },
  responses: {
    200: {
      description: 'The next station has accepted it',
      content: {
        'application/json': { schema: z.object({ to: z.string(), subject: z.string() }) },
      },
    },
    ...problemResponses(401, 403, 404, 422, 501, 502),
  },
});

/** Adds the routes that judge a run as a whole. Each costs the length of the run. */
export function resultRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  const from: ResultsPorts = {
    ...ports,
    pageUrl: (run, jobId) => `${ports.url}${pagePath(run, ...(jobId === undefined ? [] : [jobId]))}`,
  };
  app.openapi(resultsRoute, async (c) => {
    const results = await runResults(from, c.req.valid('param').run);
    const { subject, text: mail } = resultsMail(results.run, results.jobs);
    const clusters = (await runFailures(from, results)).map(clusterView);
    return c.json({ run: runView(results.record, ports), subject, mail, clusters }, 200);
  });
  app.openapi(junitRoute, async (c) => {
    const { run, jobs } = await runResults(from, c.req.valid('param').run);
    return c.body(junitXml(run, jobs), 200, { 'content-type': 'application/xml; charset=utf-8' });
  });
  app.openapi(mailRoute, async (c) => {
    const { notifier } = ports;
    if (notifier === undefined) throw new ProblemError(501, 'this lab sends no mails');
    const actor = c.get('caller');
    const { to } = c.req.valid('json');
    const { run } = c.req.valid('param');
    const { subject } = await mailResults(
      { ...from, notifier, audit: ports.audit, clock: ports.clock },
      { run, to, actor },
    );
    ports.log.info(`${actor.name} had the results of ${run} mailed to ${to}`);
    return c.json({ to, subject }, 200);
  });
}

/** A cluster of failures as the API tells it. */
export function clusterView(cluster: FailureCluster): RunResultsView['clusters'][number] {
  const { kind, reason, backtrace } = cluster;
  return {
    kind,
    reason,
    backtrace,
    job_ids: [...cluster.jobIds],
    common_fragments: [...cluster.commonFragments],
    all_fragments: [...cluster.allFragments],
  };
}
