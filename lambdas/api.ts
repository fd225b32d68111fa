import { join } from 'node:path';
import { handle } from 'hono/aws-lambda';
import type { APIGatewayProxyResult, LambdaContext, LambdaEvent } from 'hono/aws-lambda';
import { builtPages } from '../adapters/http/built-pages.ts';
import { createApi } from '../api/app.ts';
import { labSubmit } from '../api/lab-submit.ts';
import { killMany } from '../core/operations/kill-many.ts';
import { kill } from '../core/operations/kill.ts';
import { awsAuthenticator, trustedAuthorization } from './caller.ts';
import { openLab } from './lab.ts';
import type { LambdaLab } from './lab.ts';
import { queuedSuites, suiteSender } from './submission-queue.ts';
import { submitPorts } from './submit-ports.ts';
import { createWaits } from './waits.ts';

type Serve = (event: LambdaEvent, context?: LambdaContext) => Promise<APIGatewayProxyResult>;

let serving: Serve | null = null;

/** Where the answer says why queued jobs wait. */
const tellsWaits = /^\/v1\/(queue|runs\/.)/;

const pages = builtPages(join(import.meta.dirname, 'pages')); // the bundle has them beside it

/** The HTTP API, for events of the format 2.0. */
export async function handler(
  event: LambdaEvent & { headers: Record<string, string | undefined> },
  context: LambdaContext,
): Promise<APIGatewayProxyResult> {
  serving ??= serve(await openLab());
  const { authorization: given, ...headers } = event.headers;
  const authorization = trustedAuthorization(event, given);
  return await serving(
    { ...event, headers: authorization === null ? headers : { ...headers, authorization } } as LambdaEvent,
    context,
  );
}

function serve(lab: LambdaLab): Serve {
  const { ports, site, url } = lab;
  const inline = labSubmit(submitPorts(lab, process.env));
  const suites =
    lab.submissionsQueue === null
      ? inline.suite
      : queuedSuites({ send: suiteSender(lab.submissionsQueue), jobs: ports.jobs });
  const waits = createWaits(ports, { maxRunners: lab.maxRunners, rules: site.queueRules });
  const app = createApi({
    ...ports,
    url,
    limits: site.apiLimits,
    authenticate: awsAuthenticator({ ...ports, operators: lab.operators }),
    whyWaiting: waits.of,
    pages,
    kill: (order) => kill(ports, order),
    killMany: (order) => killMany(ports, order),
    submit: {
      ...inline,
      // A dry run answers with what would be queued, so it cannot wait in a queue itself.
      suite: (request, context) => (request.dryRun ? inline.suite : suites)(request, context),
    },
  });
  const answer = handle(app);
  return async (event, context) => {
    if (tellsWaits.test('rawPath' in event ? event.rawPath : '')) await waits.refresh();
    return await answer(event, context);
  };
}
