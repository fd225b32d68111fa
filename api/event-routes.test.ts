import { mkdirSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRun, apiLab, nodeSpec, startJob } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';

let lab: ApiLab;
beforeEach(async () => {
  lab = apiLab();
  await lab.ports.nodes.register(['n1', 'n2'].map(nodeSpec), lab.ports.clock.now());
});
afterEach(() => lab.close());

interface Told {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string;
}

/** The events of an answer as they come. */
async function* told(response: Response): AsyncGenerator<Told> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      yield { id: field('id'), event: field('event'), data: field('data') ?? '' };
      text = text.slice(end + 2);
    }
  }
}

async function collect(events: AsyncIterable<Told>): Promise<Told[]> {
  const all: Told[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function finish(attempt: Awaited<ReturnType<typeof startJob>>): Promise<void> {
  const outcome = { status: 'pass', failureReason: null, actor: 'runner', durationSeconds: 1 } as const;
  await lab.ports.jobs.finish(attempt, { ...outcome, nodesClean: true, now: lab.ports.clock.now() });
}

const statuses = (events: readonly Told[]) =>
  events
    .filter(({ event }) => event === 'job')
    .map(({ data }) => (JSON.parse(data) as { status: string }).status);

describe('the events of a run', () => {
  test('come as they happen, begin with the run and end with it', async () => {
    const [id = 0] = await addRun(lab, 'r', 1);
    const response = await lab.get('/v1/runs/r/events');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = told(response);
    const first = (await events.next()).value as Told;
    expect([first.event, JSON.parse(first.data)]).toMatchObject(['run', { counts: { queued: 1 } }]);
    await finish(await startJob(lab, 'r', id, 'n1'));
    const rest = await collect(events);
    expect(statuses(rest)).toEqual(['waiting', 'running', 'pass']);
    const last = rest.at(-1);
    expect([last?.event, JSON.parse(last?.data ?? '')]).toMatchObject(['end', { counts: { pass: 1 } }]);
  });

  test('go on behind the last one that a reader has seen', async () => {
    const [id = 0] = await addRun(lab, 'r', 1);
    const attempt = await startJob(lab, 'r', id, 'n1');
    await finish(attempt);
    const from = async (last: string) =>
      await collect(told(await lab.get('/v1/runs/r/events', { 'last-event-id': last })));
    const all = await from('0');
    expect(statuses(all)).toEqual(['waiting', 'running', 'pass']);
    const seen =
      all.find(({ event, data }) => event === 'job' && data.includes('"status":"running"'))?.id ?? '';
    expect(statuses(await from(seen))).toEqual(['pass']);
    expect((await lab.get('/v1/runs/r/events', { 'last-event-id': 'x' })).status).toBe(422);
    expect((await lab.get('/v1/runs/nope/events')).status).toBe(404);
  });

  test('are looked for once, however many read them, and not at all when nobody does', async () => {
    let looks = 0;
    const { jobs } = lab.ports;
    const getRun = async (run: string) => {
      looks += 1;
      return await jobs.getRun(run);
    };
    const crowd = apiLab({ ...lab.ports, jobs: { ...jobs, getRun } });
    const [id = 0] = await addRun(lab, 'r', 1);
    const readers = await Promise.all(
      Array.from({ length: 50 }, async () => await crowd.get('/v1/runs/r/events')),
    );
    const streams = readers.map((response) => told(response));
    for (const stream of streams) await stream.next();
    looks = 0;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(looks).toBeLessThan(50 + 10);
    const before = looks;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(looks - before).toBeLessThan(10);
    await finish(await startJob(lab, 'r', id, 'n1'));
    const ends = await Promise.all(streams.map(async (stream) => (await collect(stream)).at(-1)?.event));
    expect(new Set(ends)).toEqual(new Set(['end']));
    await new Promise((resolve) => setTimeout(resolve, 700));
    const after = looks;
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(looks).toBe(after);
    crowd.close();
  });
});

describe('the log of a job', () => {
  const write = (id: number, text: string) => {
    const folder = join(lab.folder, 'archive', 'r', String(id));
    mkdirSync(folder, { recursive: true });
    appendFileSync(join(folder, 'teuthology.log'), text);
  };

  test('is followed to its end, as text and as events whose ids lead on', async () => {
    const [id = 0] = await addRun(lab, 'r', 1);
    const attempt = await startJob(lab, 'r', id, 'n1');
    write(id, 'one\nzwö');
    const path = `/v1/runs/r/jobs/${id}/log`;
    expect(await (await lab.get(path)).text()).toBe('one\nzwö');
    const text = (await lab.get(`${path}?follow`)).text();
    const lines = told(await lab.get(`${path}?follow`, { accept: 'text/event-stream' }));
    expect((await lines.next()).value).toMatchObject({ id: '4', data: 'one' });
    write(id, 'lf\nthree\n');
    await finish(attempt);
    const rest = await collect(lines);
    expect(rest.map(({ data }) => data)).toEqual(['zwölf', 'three', '']);
    expect(await text).toBe('one\nzwölf\nthree\n');
    const later = await lab.get(`${path}?follow`, {
      accept: 'text/event-stream',
      'last-event-id': rest[0]?.id ?? '',
    });
    expect((await collect(told(later))).map(({ data }) => data)).toEqual(['three', '']);
  });
});
