import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { isFinal } from '../core/results/job-state.ts';
import { follow } from './follow.ts';
import type { ApiPorts } from './ports.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { existingJob, existingRun, jobParams, runParams } from './run-routes.ts';
import { createRunWatch } from './run-watch.ts';
import type { RunNews } from './run-watch.ts';
import { runView } from './views.ts';
import type { ApiEnv } from './writes.ts';

const pollMs = 300;
const quietMs = 15_000;
const mostReaders = 500;
const streamType = 'text/event-stream';
const streamHeaders = { 'content-type': streamType, 'cache-control': 'no-store', 'x-accel-buffering': 'no' };

const eventsRoute = createRoute({
  method: 'get',
  path: '/v1/runs/{run}/events',
  summary: 'What happens in a run, as server-sent events, until it is over',
  request: {
    params: runParams,
    headers: z.object({
      'last-event-id': z.string().regex(/^\d+$/).optional().describe('Go on behind this event.'),
    }),
  },
  responses: {
    200: {
      description:
        '`run` (a Run, first and after each change of its counts), `job` ({job_id, status, reason}; with an id to go on from), `end` (a Run) when it is over',
      content: { [streamType]: { schema: z.string() } },
    },
    ...problemResponses(404, 422, 503),
  },
});

const logRoute = createRoute({
  method: 'get',
  path: '/v1/runs/{run}/jobs/{job}/log',
  summary: 'The log of a job; with `follow` as it is written, until the job is over',
  request: {
    params: jobParams,
    query: z.object({
      follow: z.string().optional().describe('Anything but 0.'),
      offset: z.coerce
        .number()
        .int()
        .default(0)
        .describe('Bytes to leave out; a negative number counts from the end.'),
      limit: z.coerce
        .number()
        .int()
        .min(0)
        .max(67_108_864)
        .optional()
        .describe('Bytes at most, without `follow`.'),
    }),
    headers: z.object({ 'last-event-id': z.string().regex(/^\d+$/).optional() }),
  },
  responses: {
    200: {
      description:
        'Text, with the offset of its first byte and the size of the log in X-Log-Start and X-Log-Size; or, when text/event-stream is accepted, an event for each line, whose id is the offset behind it, and `end`',
      content: { 'text/plain': { schema: z.string() }, [streamType]: { schema: z.string() } },
    },
    ...problemResponses(404, 422, 503),
  },
});

/** Adds the routes whose answers go on: the events of a run and the log of a job. At most 500 readers at once. */
export function eventRoutes(app: OpenAPIHono<ApiEnv>, ports: ApiPorts): void {
  const watch = createRunWatch({ jobs: ports.jobs, events: ports.events, pollMs, quietMs });
  let readers = 0;
  const admitted = (chunks: AsyncIterable<string | Uint8Array>) => {
    if (readers >= mostReaders) throw new ProblemError(503, `${readers} readers are being told already`);
    readers += 1;
    return bytesOf(chunks, () => (readers -= 1));
  };

  app.openapi(eventsRoute, async (c) => {
    const run = await existingRun(ports, c.req.valid('param').run);
    const last = c.req.valid('header')['last-event-id'];
    const news = watch.news(run, last === undefined ? null : Number(last), c.req.raw.signal);
    return new Response(admitted(eventLines(news, ports)), { headers: streamHeaders });
  });
  app.openapi(logRoute, async (c) => {
    const { run, jobId } = await existingJob(ports, c.req.valid('param'));
    const { follow: following, offset, limit } = c.req.valid('query');
    const path = `${run}/${jobId}/teuthology.log`;
    const size = (await ports.archive.read(path, { start: 0, end: 0 }))?.size ?? 0;
    const last = c.req.valid('header')['last-event-id'];
    const start = last !== undefined ? Number(last) : offset < 0 ? Math.max(0, size + offset) : offset;
    const events = c.req.header('accept')?.includes(streamType) ?? false;
    const headers = {
      ...streamHeaders,
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-log-start': String(start),
      'x-log-size': String(size),
    };
    if (!events && (following === undefined || following === '0')) {
      const part = { start, end: limit === undefined ? null : start + limit };
      const file = start >= size ? null : await ports.archive.read(path, part);
      return new Response(file === null ? '' : admitted(file.content), { headers });
    }
    const isOver = async () => {
      const now = await ports.jobs.getJob(run, jobId);
      return following === undefined || following === '0' || now === null || isFinal(now.status);
    };
    const { signal } = c.req.raw;
    const bytes = follow({ archive: ports.archive, path, start, isOver, pollMs, signal });
    if (events) return new Response(admitted(logEvents(bytes, start)), { headers: streamHeaders });
    return new Response(admitted(bytes), { headers });
  });
}

async function* eventLines(
  news: AsyncIterable<RunNews>,
  ports: Pick<ApiPorts, 'archive' | 'url'>,
): AsyncGenerator<string> {
  for await (const each of news) {
    if (each.kind === 'quiet') yield ': quiet\n\n';
    else if (each.kind === 'job') {
      const { seq, jobId, status, reason } = each.event;
      yield `id: ${seq}\nevent: job\ndata: ${JSON.stringify({ job_id: jobId, status, reason })}\n\n`;
    } else yield `event: ${each.kind}\ndata: ${JSON.stringify(runView(each.run, ports))}\n\n`;
  }
}

/** Whole lines only: the offset of a line that is not ended yet would split a character for who goes on from there. */
async function* logEvents(bytes: AsyncIterable<Uint8Array>, start: number): AsyncGenerator<string> {
  let offset = start;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      offset += end + 1;
      yield `id: ${offset}\ndata: ${rest.subarray(0, end).toString().replaceAll('\r', '')}\n\n`;
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.length > 0) yield `id: ${offset + rest.length}\ndata: ${rest.toString().replaceAll('\r', '')}\n\n`;
  yield 'event: end\ndata: \n\n';
}

/** A stream that calls `onEnd` once, also when its reader goes away. */
function bytesOf(chunks: AsyncIterable<string | Uint8Array>, onEnd: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = chunks[Symbol.asyncIterator]();
  let ended = false;
  const end = () => {
    if (!ended) onEnd();
    ended = true;
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await iterator.next();
        if (!done) return controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      end();
    },
    cancel() {
      end();
      void iterator.return?.();
    },
  });
}
