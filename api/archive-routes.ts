import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { compareCodePoints } from '../core/config/code-point-order.ts';
import { archivePath } from '../core/ports/archive.ts';
import type { ArchiveEntry } from '../core/ports/archive.ts';
import { isFinal } from '../core/results/job-state.ts';
import { askedRange } from './byte-range.ts';
import { contentType } from '../core/results/content-type.ts';
import { follow } from './follow.ts';
import { entriesPage } from './entries-page.ts';
import type { FolderPage } from './entries-page.ts';
import { listingPage } from './listing-page.ts';
import { cutPage, fromCursor, nextLink, pageQuery } from './paging.ts';
import type { ApiPorts } from './ports.ts';
import { ProblemError } from './problem.ts';
import type { ApiEnv } from './writes.ts';

const followPollMs = 300;

/** An archived page may come from a machine under test: it gets no scripts, and nothing of the lab's origin. */
const guards = {
  'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};

/** Adds `/archive/…`: folders as pages, files with ranges, and `?follow=1` for a log that is still written. */
export function archiveRoutes(app: Hono<ApiEnv>, ports: ApiPorts): void {
  app.get('/archive', (c) => c.redirect('/archive/', 308));
  app.get('/archive/*', async (c) => {
    const url = new URL(c.req.url);
    const encoded = url.pathname.slice('/archive/'.length);
    const path = archivePath(decoded(encoded));
    if (encoded === '' || encoded.endsWith('/')) return await folder(ports, path, url);
    const following = url.searchParams.get('follow');
    if (following !== null && following !== '0') return followed(ports, path, c.req.raw.signal);
    const answer = await file(ports, path, c.req.header('range') ?? null);
    if (answer !== null) return answer;
    if ((await ports.archive.list(path, { limit: 1 })).length > 0) return c.redirect(`${url.pathname}/`, 308);
    throw notThere(path);
  });
}

const listingQuery = pageQuery.pick({ limit: true, cursor: true });

async function folder(ports: ApiPorts, path: string, url: URL): Promise<Response> {
  const asked = listingQuery.safeParse({ limit: 1000, ...Object.fromEntries(url.searchParams) });
  if (!asked.success) throw new ProblemError(422, `the part of a folder: ${z.prettifyError(asked.error)}`);
  const { page, next } = await (path === ''
    ? topPage(ports, asked.data)
    : entriesPage(ports.archive, path, asked.data));
  if (page.length === 0 && path !== '' && asked.data.cursor === undefined) throw notThere(path);
  const behind = next === null ? null : partOf(url, next);
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    ...nextLink(url.href, next),
    ...guards,
  };
  return new Response(await listingPage({ path, entries: page, next: behind }), { headers });
}

/** Runs, newest first. Costs a look at each of them, since the archive has them by name. */
async function topPage(ports: ApiPorts, asked: z.infer<typeof listingQuery>): Promise<FolderPage> {
  const runs = await ports.archive.list('');
  runs.sort((a, b) => b.modifiedAt - a.modifiedAt || compareCodePoints(a.name, b.name));
  const [at, name] =
    asked.cursor === undefined ? [Infinity, ''] : fromCursor(asked.cursor, ['number', 'string']);
  const isBehind = (run: ArchiveEntry) =>
    run.modifiedAt < at || (run.modifiedAt === at && compareCodePoints(run.name, name) > 0);
  return cutPage(runs.filter(isBehind), asked.limit, (run) => [run.modifiedAt, run.name]);
}

/** The same page by another cursor, as a relative link. */
function partOf(url: URL, cursor: string): string {
  const query = new URLSearchParams(url.searchParams);
  query.set('cursor', cursor);
  return `?${query}`;
}

async function file(ports: ApiPorts, path: string, range: string | null): Promise<Response | null> {
  const found = await ports.archive.read(path, { start: 0, end: 0 });
  if (found === null) return null;
  const asked = askedRange(range, found.size);
  const headers: Record<string, string> = {
    'content-type': contentType(path),
    'accept-ranges': 'bytes',
    'last-modified': new Date(found.modifiedAt).toUTCString(),
    ...guards,
  };
  if (asked.kind === 'unsatisfiable') {
    return new Response(null, {
      status: 416,
      headers: { ...headers, 'content-range': `bytes */${found.size}` },
    });
  }
  const { start, end } = asked.kind === 'part' ? asked : { start: 0, end: found.size };
  if (asked.kind === 'part') headers['content-range'] = `bytes ${start}-${end - 1}/${found.size}`;
  headers['content-length'] = String(end - start);
  const part = await ports.archive.read(path, { start, end });
  if (part === null) return null;
  return new Response(ReadableStream.from(part.content), {
    status: asked.kind === 'part' ? 206 : 200,
    headers,
  });
}

async function followed(ports: ApiPorts, path: string, signal: AbortSignal): Promise<Response> {
  const [run = '', job = ''] = path.split('/');
  const record = /^[1-9]\d*$/.test(job) ? await ports.jobs.getJob(run, Number(job)) : null;
  if (record === null && (await ports.archive.read(path, { start: 0, end: 0 })) === null)
    throw notThere(path);
  const isOver = async () => {
    const now = record === null ? null : await ports.jobs.getJob(run, record.jobId);
    return now === null || isFinal(now.status);
  };
  const bytes = follow({ archive: ports.archive, path, start: 0, isOver, pollMs: followPollMs, signal });
  const headers = { 'content-type': contentType(path), ...guards, 'x-accel-buffering': 'no' };
  return new Response(ReadableStream.from(bytes), { headers });
}

function decoded(path: string): string {
  try {
    const segments = path.split('/').map(decodeURIComponent);
    if (segments.some((segment) => segment.includes('/'))) throw new URIError('an encoded slash');
    return segments.join('/');
  } catch (cause) {
    throw new ProblemError(400, `archive path '${path}' is not well encoded`, { cause });
  }
}

function notThere(path: string): ProblemError {
  return new ProblemError(404, `the archive has nothing at '${path}'`);
}
