import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { archivePath } from '../core/ports/archive.ts';
import { entriesPage } from './entries-page.ts';
import { nextLink, nextSchema, pageQuery } from './paging.ts';
import type { ApiPorts } from './ports.ts';
import { problemResponses } from './problem.ts';
import { existingJob, jobParams } from './run-routes.ts';
import type { ApiEnv } from './writes.ts';

const fileSchema = z
  .object({
    name: z.string(),
    kind: z.enum(['file', 'folder']),
    size: z.number().int().describe('Bytes; of a folder, 0.'),
    modified_at: z.iso.datetime(),
  })
  .openapi('ArchivedFile');

export type FileView = z.infer<typeof fileSchema>;

const filesRoute = createRoute({
  method: 'get',
  path: '/v1/runs/{run}/jobs/{job}/files',
  summary: 'What the archive has of a job, one folder at a time',
  request: {
    params: jobParams,
    query: z.object({
      folder: z.string().max(2000).default('').describe('Below that of the job, without slashes around.'),
      limit: pageQuery.shape.limit,
      cursor: pageQuery.shape.cursor,
    }),
  },
  responses: {
    200: {
      description: 'A page in code-point order; empty where there is no such folder',
      content: { 'application/json': { schema: z.object({ files: z.array(fileSchema), next: nextSchema }) } },
    },
    ...problemResponses(400, 404, 422),
  },
});

/** Adds the route that lists archived files for programs; people have the pages at `/archive/`. */
export function fileRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  app.openapi(filesRoute, async (c) => {
    const { run, jobId } = await existingJob(ports, c.req.valid('param'));
    const asked = c.req.valid('query');
    const folder = archivePath(asked.folder);
    const path = `${run}/${jobId}${folder === '' ? '' : `/${folder}`}`;
    const { page, next } = await entriesPage(ports.archive, path, asked);
    const files = page.map(({ name, kind, size, modifiedAt }) => ({
      name,
      kind,
      size,
      modified_at: new Date(modifiedAt).toISOString(),
    }));
    return c.json({ files, next }, 200, nextLink(c.req.url, next));
  });
}
