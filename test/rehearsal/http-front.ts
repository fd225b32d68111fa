import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { APIGatewayProxyEventV2Schema } from '@aws-lambda-powertools/parser/schemas/api-gatewayv2';
import type { FunctionHost } from './function-host.ts';
import { readRequest, send } from './gateway.ts';
import type { Answer } from './gateway.ts';
import { judgeIdentity } from './identities.ts';
import type { Identities, Identity } from './identities.ts';
import type { Ledger } from './ledger.ts';
import { account, arnOf } from './place.ts';
import { signatureProblem, signerOf } from './signature.ts';
import type { SignedRequest } from './signature.ts';

/** A route of the HTTP API and what is behind it. */
export interface Route {
  readonly id: string; // of the resource
  readonly key: string; // `GET /v1/{proxy+}`
  readonly byIam: boolean;
  readonly target: FunctionHost;
  /** Whether the function lets this route of the API call it. */
  readonly permitted: boolean;
}

export interface HttpFront extends AsyncDisposable {
  readonly url: string;
  serve(
    routes: readonly Route[],
    api: { readonly id: string; readonly identities: Identities; readonly ledger: Ledger },
  ): void;
}

/** API Gateway for one HTTP API of the format 2.0; until its routes are known everything is 503. */
export async function startHttpFront(): Promise<HttpFront> {
  let respond: (request: SignedRequest) => Promise<Answer> = async () => plain(503, 'Service Unavailable');
  const server = createServer((message, response) => {
    readRequest(message)
      .then((request) => respond(request))
      .then(
        (answer) => send(response, answer),
        (error: unknown) => send(response, plain(500, String(error))),
      );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve(routes, api) {
      respond = async (request) => await route(routes, api, request);
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Api = Parameters<HttpFront['serve']>[1];

async function route(routes: readonly Route[], api: Api, request: SignedRequest): Promise<Answer> {
  const { pathname } = new URL(request.url, 'http://api');
  const chosen = routes
    .filter(({ key }) => patternOf(key).test(`${request.method} ${pathname}`))
    .toSorted((a, b) => specificity(b.key) - specificity(a.key))[0];
  if (chosen === undefined) return plain(404, 'Not Found');
  const caller = chosen.byIam ? authorized(api, request) : null;
  if (chosen.byIam && caller === null) return plain(403, 'Forbidden');
  if (!chosen.permitted) {
    api.ledger.trouble(`the route ${chosen.key} may not call ${chosen.target.name}`);
    return plain(500, 'Internal Server Error');
  }
  api.ledger.triggered(chosen.id);
  const event = eventOf(request, { route: chosen, apiId: api.id, caller });
  APIGatewayProxyEventV2Schema.parse(event);
  const outcome = await chosen.target.invoke(event);
  if ('error' in outcome) {
    api.ledger.trouble(`${request.method} ${pathname}: ${outcome.error}`);
    return plain(500, 'Internal Server Error');
  }
  const answer = outcome.payload as {
    statusCode: number;
    headers?: Record<string, string>;
    cookies?: string[];
    body?: string;
    isBase64Encoded?: boolean;
  };
  return {
    status: answer.statusCode,
    headers: { ...answer.headers },
    body: Buffer.from(answer.body ?? '', answer.isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** What API Gateway asks of IAM: whose signature it is, whether it holds, and whether its owner may invoke. */
function authorized({ id, identities, ledger }: Api, request: SignedRequest): Identity | null {
  const signer = signerOf(request);
  const caller = signer === null ? null : identities.find(signer.accessKeyId);
  if (signer?.service !== 'execute-api' || caller === null) return null;
  if (signatureProblem(request, caller, Date.now()) !== null) return null;
  const { pathname } = new URL(request.url, 'http://api');
  const act = {
    action: 'execute-api:Invoke',
    resource: arnOf('execute-api', `${id}/$default/${request.method}${pathname}`),
  };
  const verdict = judgeIdentity(caller, act);
  if (verdict.allowed) ledger.judged(caller.name, act, verdict);
  return verdict.allowed ? caller : null;
}

/** A route without a variable goes before one with, and a longer one before a shorter. */
function specificity(key: string): number {
  return (key.includes('{') ? 0 : 10_000) + key.length;
}

function patternOf(key: string): RegExp {
  const text = key.replaceAll(/\{\w+\+\}/g, '(.+)').replaceAll(/\{\w+\}/g, '([^/]+)');
  return new RegExp(`^${text}$`);
}

function eventOf(
  { method, url, headers, body }: SignedRequest,
  { route, apiId, caller }: { route: Route; apiId: string; caller: Identity | null },
): unknown {
  const { pathname, search, searchParams } = new URL(url, 'http://api');
  const [, variable] = /\{(\w+)\+?\}/.exec(route.key) ?? [];
  const value = patternOf(route.key).exec(`${method} ${pathname}`)?.[1] ?? '';
  const query = [...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name).join(',')]);
  const now = new Date();
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: decodeURI(pathname),
    rawQueryString: search.slice(1),
    headers: { ...headers, 'x-forwarded-proto': 'https', 'x-forwarded-for': '127.0.0.1' },
    ...(query.length > 0 && { queryStringParameters: Object.fromEntries(query) as Record<string, string> }),
    ...(variable !== undefined && { pathParameters: { [variable]: value } }),
    requestContext: {
      accountId: account,
      apiId,
      ...(caller !== null && { authorizer: { iam: iamOf(caller) } }),
      domainName: headers['host'] ?? '',
      domainPrefix: apiId,
      http: {
        method,
        path: pathname,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'] ?? 'none',
      },
      requestId: randomUUID(),
      routeKey: route.key,
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: textual(headers) ? body.toString() : body.toString('base64') }),
    isBase64Encoded: body.length > 0 && !textual(headers),
  };
}

function textual(headers: SignedRequest['headers']): boolean {
  return /^(text\/|application\/(json|xml|javascript))/.test(headers['content-type'] ?? '');
}

function iamOf({ accessKeyId, arn }: Identity) {
  return {
    accessKey: accessKeyId,
    accountId: account,
    callerId: 'AIDACKCEVSQ6C2EXAMPLE',
    cognitoIdentity: null,
    principalOrgId: 'aws:PrincipalOrgID',
    userArn: arn,
    userId: 'AIDACKCEVSQ6C2EXAMPLE',
  };
}

function plain(status: number, message: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
  };
}
