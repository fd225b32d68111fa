import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiPorts } from './ports.ts';
import type { Node } from '../core/locks/node.ts';
import { cutPage, fromCursor, nextLink, nextSchema, pageQuery, toCursor } from './paging.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { has, searchPage } from './search.ts';
import { evidenceView, nodeDetailSchema, nodeEventView, nodeSchema, nodeViewFor } from './views.ts';
import type { ApiEnv } from './writes.ts';

const nodesRoute = createRoute({
  method: 'get',
  path: '/v1/nodes',
  summary: 'The inventory in name order',
  request: {
    query: pageQuery.omit({ offset: true }).extend({
      machine_type: z.string().max(200).optional(),
      state: nodeSchema.shape.state.optional(),
      q: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('Text that the name, the owner, the reason, the description or the run has somewhere.'),
    }),
  },
  responses: {
    200: {
      description: 'One page',
      content: {
        'application/json': { schema: z.object({ nodes: z.array(nodeSchema), next: nextSchema }) },
      },
    },
    ...problemResponses(422),
  },
});

const nodeRoute = createRoute({
  method: 'get',
  path: '/v1/nodes/{name}',
  summary: 'One node, what happened to it, and what jobs say against it',
  request: { params: z.object({ name: z.string().max(255) }) },
  responses: {
    200: {
      description: 'The node',
      content: { 'application/json': { schema: nodeDetailSchema } },
    },
    ...problemResponses(404),
  },
});

const historyLength = 50;

/** Adds the routes that show the inventory. */
export function nodeRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(nodesRoute, async (c) => {
    const { limit, cursor, machine_type: machineType, state, q } = c.req.valid('query');
    const filter = { ...(machineType && { machineType }), ...(state && { state }) };
    const [from] = cursor === undefined ? [] : fromCursor(cursor, ['string']);
    const read = (after: string | undefined, size: number) =>
      ports.nodes.list({ ...filter, limit: size, ...(after !== undefined && { after }) });
    const reader = await ports.authenticate(c.req.header('authorization') ?? null);
    const { page, next } = await nodePage({ limit, from, read, part: q ?? null });
    const nodes = page.map((node) => nodeViewFor(reader, node));
    return c.json({ nodes, next }, 200, nextLink(c.req.url, next));
  });
  app.openapi(nodeRoute, async (c) => {
    const { name } = c.req.valid('param');
    const node = await ports.nodes.get(name);
    if (node === null) throw new ProblemError(404, `no node named '${name}'`);
    const reader = await ports.authenticate(c.req.header('authorization') ?? null);
    const history = await ports.nodes.history(name, historyLength);
    const evidence = (await ports.evidence.about(name)).map(evidenceView);
    return c.json({ ...nodeViewFor(reader, node), history: history.map(nodeEventView), evidence }, 200);
  });
}

async function nodePage(params: {
  limit: number;
  from: string | undefined;
  read: (after: string | undefined, limit: number) => Promise<readonly Node[]>;
  part: string | null; // null = any node
}): Promise<{ page: readonly Node[]; next: string | null }> {
  const { limit, from, read, part } = params;
  const placeOf = (node: Node) => node.name;
  if (part === null) return cutPage(await read(from, limit + 1), limit, (node) => [placeOf(node)]);
  const fits = ({ name, lock, reason, description }: Node) =>
    [name, lock?.owner, lock?.job?.run, reason, description].some((text) => has(text ?? '', part));
  const { items, place } = await searchPage({ limit, from, read, placeOf, fits });
  return { page: items, next: place === null ? null : toCursor([place]) };
}
