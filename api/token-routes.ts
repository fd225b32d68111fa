import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { issueToken, listTokens, revokeToken } from '../core/operations/issue-tokens.ts';
import type { TokenRecord } from '../core/ports/tokens.ts';
import { jsonBody } from './bodies.ts';
import type { ApiPorts } from './ports.ts';
import { problemResponses } from './problem.ts';
import { knownCaller } from './writes.ts';
import type { ApiEnv } from './writes.ts';

const time = z.iso.datetime();
const params = z.object({
  id: z.string().regex(/^[a-z0-9]{8,32}$/, 'a token id is 8 to 32 lower case letters and digits'),
});

const tokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    operator: z.boolean(),
    pool: z.string().nullable().describe('The machine type whose workers it is for; null: a person’s.'),
    created_by: z.string(),
    created_at: time,
    expires_at: time.nullable(),
    revoked_at: time.nullable(),
    revoked_by: z.string().nullable(),
  })
  .openapi('Token');
export type TokenView = z.infer<typeof tokenSchema>;

const tokenBody = z
  .strictObject({
    name: z
      .string()
      .regex(/^[\w.+-]{1,64}(@[\w.-]{1,190})?$/, "a name is 'ann' or 'ann@host'")
      .describe('The identity: owner of what it submits and locks.'),
    operator: z.boolean().default(false).describe('May act for others.'),
    pool: z.string().min(1).max(100).nullable().default(null),
    expires_seconds: z
      .number()
      .positive()
      .max(10 * 366 * 86_400)
      .nullable()
      .default(null)
      .describe('Null: until revoked.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'the SHA-256 of the secret in hex')
      .describe('Of the secret that the caller has drawn; the lab never sees the secret before it is used.'),
  })
  .refine((body) => !(body.operator && body.pool !== null), 'a pool token cannot be an operator')
  .openapi('TokenRequest');

const security = [{ token: [] }];
const answer = { description: 'The token', content: { 'application/json': { schema: tokenSchema } } };

const issueRoute = createRoute({
  method: 'put',
  path: '/v1/tokens/{id}',
  summary: 'Let somebody in: the token is ID.SECRET, of which the lab keeps the hash',
  security,
  request: { params, body: jsonBody(tokenBody) },
  responses: { 200: answer, ...problemResponses(401, 403, 409, 422) },
});

const revokeRoute = createRoute({
  method: 'post',
  path: '/v1/tokens/{id}/revoke',
  summary: 'Take a token back; for operators and whoever it belongs to',
  security,
  request: {
    params,
    body: jsonBody(z.strictObject({})),
  },
  responses: { 200: answer, ...problemResponses(401, 403, 404, 422) },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/tokens',
  summary: 'Every token that was given out, newest first; operators only',
  security,
  responses: {
    200: {
      description: 'The tokens, without their secrets',
      content: { 'application/json': { schema: z.object({ tokens: z.array(tokenSchema) }) } },
    },
    ...problemResponses(401, 403),
  },
});

/** Adds the routes for the credentials of a lab. */
export function tokenRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(listRoute, async (c) => {
    const actor = await knownCaller(ports, c.req.header('authorization') ?? null);
    return c.json({ tokens: (await listTokens(ports, actor)).map(tokenView) }, 200);
  });
  app.openapi(issueRoute, async (c) => {
    const actor = c.get('caller');
    const { name, operator, pool, sha256, expires_seconds: seconds } = c.req.valid('json');
    const expiresAt = seconds === null ? null : ports.clock.now() + seconds * 1000;
    const token = { id: c.req.valid('param').id, name, operator, pool, sha256, expiresAt };
    const issued = await issueToken(ports, { actor, token });
    ports.log.info(`${actor.name} gave ${name} token ${issued.id}`);
    return c.json(tokenView(issued), 200);
  });
  app.openapi(revokeRoute, async (c) => {
    const actor = c.get('caller');
    const token = await revokeToken(ports, { actor, id: c.req.valid('param').id });
    ports.log.info(`${actor.name} revoked token ${token.id} of ${token.name}`);
    return c.json(tokenView(token), 200);
  });
}

function tokenView(token: TokenRecord): TokenView {
  const isoOrNull = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return {
    id: token.id,
    name: token.name,
    operator: token.operator,
    pool: token.pool,
    created_by: token.createdBy,
    created_at: new Date(token.createdAt).toISOString(),
    expires_at: isoOrNull(token.expiresAt),
    revoked_at: isoOrNull(token.revokedAt),
    revoked_by: token.revokedBy,
  };
}
