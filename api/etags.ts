import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from './writes.ts';

/**
 * Gives each JSON answer to a GET an ETag of its content, and a reader who has it already a 304 without a body. Streams are left
 * alone. What an answer shows may depend on who asks.
 */
export const etags = createMiddleware<ApiEnv>(async (c, next) => {
  await next();
  const { res } = c;
  const json = res.headers.get('content-type')?.startsWith('application/json') ?? false;
  if (c.req.method !== 'GET' || res.status !== 200 || !json) return;
  const etag = `"${await digest(await res.clone().arrayBuffer())}"`;
  const headers = { etag, vary: 'authorization', 'cache-control': 'no-cache' };
  if (matches(c.req.header('if-none-match') ?? '', etag)) {
    const link = res.headers.get('link');
    c.res = undefined;
    c.res = new Response(null, { status: 304, headers: { ...headers, ...(link !== null && { link }) } });
    return;
  }
  for (const [name, value] of Object.entries(headers)) res.headers.set(name, value);
});

function matches(header: string, etag: string): boolean {
  const wanted = header.split(',').map((each) => each.trim().replace(/^W\//, ''));
  return wanted.some((each) => each === '*' || each === etag);
}

async function digest(bytes: ArrayBuffer): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes))
    .toString('base64url')
    .slice(0, 27);
}
