import type { Hono } from 'hono';
import { pagePath } from './views.ts';
import type { ApiPorts, PageFile } from './ports.ts';
import { existingJob, existingRun } from './run-routes.ts';
import type { ApiEnv } from './writes.ts';

const guards = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
const missing = 'The pages of this lab have not been built: run `npm run pages` where it was installed.\n';

/**
 * Adds the pages for people where the ports have them, and the addresses that mails and words print: `/RUN/` and `/RUN/JOB/` lead to
 * the page of that run or job.
 */
export function pageRoutes(app: Hono<ApiEnv>, ports: ApiPorts): void {
  app.get('/', async (c) => {
    const index = await ports.pages?.('index.html');
    if (!index) return c.text(missing, 503);
    return fileAnswer(index, 'no-cache');
  });
  app.get('/assets/*', async (c, next) => {
    const file = await ports.pages?.(c.req.path.slice(1));
    if (!file) return await next();
    return fileAnswer(file, 'public, max-age=31536000, immutable'); // their names change with their content
  });
  app.get('/:name{(config\\.json|favicon\\.svg)}', async (c, next) => {
    const file = await ports.pages?.(c.req.param('name'));
    return file ? fileAnswer(file, 'no-cache') : await next();
  });
  app.get('/:run/:job/', async (c) => {
    const { run, jobId } = await existingJob(ports, c.req.param());
    return c.redirect(`/#/runs${pagePath(run, jobId)}`, 302);
  });
  for (const path of ['/:run', '/:run/']) {
    app.get(path, async (c) => {
      const { name } = await existingRun(ports, c.req.param('run') ?? '');
      return c.redirect(`/#/runs${pagePath(name)}`, 302);
    });
  }
}

function fileAnswer({ bytes, type }: PageFile, caching: string): Response {
  const headers = { ...guards, 'content-type': type, 'cache-control': caching };
  return new Response(bytes, { headers });
}
