import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { auditRoutes } from './audit-routes.ts';
import { archiveRoutes } from './archive-routes.ts';
import { etags } from './etags.ts';
import { eventRoutes } from './event-routes.ts';
import { fileRoutes } from './file-routes.ts';
import { metricsRoute } from './metrics.ts';
import { holdRoutes } from './hold-routes.ts';
import { jobActions } from './job-actions.ts';
import { killRoutes } from './kill-routes.ts';
import { lockRoutes } from './lock-routes.ts';
import { nodeActions } from './node-actions.ts';
import { nodeRoutes } from './node-routes.ts';
import { pageRoutes } from './page-routes.ts';
import { pauseRoutes } from './pause-routes.ts';
import type { ApiPorts } from './ports.ts';
import { problemAnswer, problemOf, problemResponses, refusal } from './problem.ts';
import { addressAllowance } from './rate-limit.ts';
import { queueRoutes } from './queue-routes.ts';
import { queuesRoutes } from './queues-route.ts';
import { resultRoutes } from './result-routes.ts';
import { runRoutes } from './run-routes.ts';
import { submissionRoutes } from './submission-routes.ts';
import { tokenRoutes } from './token-routes.ts';
import { workerRoutes } from './worker-routes.ts';
import { guardedWrite, workerPaths } from './writes.ts';
import type { ApiEnv } from './writes.ts';

const maxBody = 8 * 1024 * 1024;
const writes = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * The whole HTTP face of a lab as one web-standard app: the versioned API, its description, the archive and the pages. Reads
 * are public; writes need a caller that the ports know. It keeps no state of its own.
 */
export function createApi(ports: ApiPorts): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return undefined;
      const given = 'data' in result ? result.data : undefined;
      const { detail, errors } = refusal(result.error, given);
      return problemAnswer(422, detail, errors);
    },
  });
  const limited = bodyLimit({
    maxSize: maxBody,
    onError: () => problemAnswer(413, `the body is larger than ${maxBody} bytes`),
  });
  const guarded = guardedWrite(ports);
  const addressAllowed = addressAllowance(ports);
  metricsRoute(app, ports);
  app.use('/v1/*', async (c, next) => {
    // The runners of a worker share an address, and write their logs several times a second.
    const header = c.req.path.startsWith(workerPaths) ? (c.req.header('authorization') ?? null) : null;
    const worker = header === null ? null : await ports.authenticate(header);
    const refused = worker === null ? addressAllowed(c.env?.address) : null;
    return refused ?? (await next());
  });
  app.use('/v1/*', etags);
  app.use('/v1/*', (c, next) => (writes.has(c.req.method) ? limited(c, next) : next()));
  app.use('/v1/*', (c, next) => (writes.has(c.req.method) ? guarded(c, next) : next()));

  submissionRoutes(app, ports);
  runRoutes(app, ports);
  resultRoutes(app, ports);
  eventRoutes(app, ports);
  fileRoutes(app, ports);
  jobActions(app, ports);
  killRoutes(app, ports);
  queueRoutes(app, ports);
  queuesRoutes(app, ports);
  pauseRoutes(app, ports);
  nodeRoutes(app, ports);
  nodeActions(app, ports);
  lockRoutes(app, ports);
  holdRoutes(app, ports);
  workerRoutes(app, ports);
  tokenRoutes(app, ports);
  auditRoutes(app, ports);
  describe(app);
  app.get('/healthz', async (c) => {
    await ports.jobs.listRuns({ limit: 1 });
    return c.json({ status: 'ok' });
  });
  archiveRoutes(app, ports);
  pageRoutes(app, ports);

  app.notFound((c) => problemAnswer(404, `nothing is at '${new URL(c.req.url).pathname}'`));
  app.onError((error, c) => {
    const problem = problemOf(error);
    if (problem !== null) {
      const answer = problemAnswer(problem.status, problem.detail);
      if (problem.retryAfterSeconds !== undefined)
        answer.headers.set('retry-after', String(problem.retryAfterSeconds));
      return answer;
    }
    ports.log.error(`${c.req.method} ${c.req.path} failed: ${error.stack ?? error.message}`);
    return problemAnswer(500, `${c.req.method} ${c.req.path} failed; the lab's log says why`);
  });
  return app;
}

function describe(app: OpenAPIHono<ApiEnv>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Loligo', version: '1', description: 'Runs, jobs and nodes of one lab.' },
  });
  app.openAPIRegistry.definitions.forEach((definition) => {
    if (definition.type === 'route') addDoorAnswers(definition.route);
  });
}

/** What the middlewares in front of a route may answer is true of all: it is described here, not at each. */
function addDoorAnswers(route: { method: string; path: string; responses?: object }): void {
  const writing = route.method !== 'get';
  const posting = route.method === 'post';
  const statuses = [
    ...(posting ? ([400, 409] as const) : []),
    ...(writing ? ([401, 403, 413, 422] as const) : []),
    429 as const,
    503 as const,
  ];
  route.responses = { ...problemResponses(...statuses), ...route.responses };
}
