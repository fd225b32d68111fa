import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { addRun, apiLab, apiUrl, newJob, nodeSpec } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';

/**
 * What a page of each long list costs at its beginning, in its middle and at its end, through the whole API on SQLite: `node
 * bench/lists.ts [JOBS [NODES]]`. The three should be about equal: a page costs its own length.
 */
const jobCount = Number(process.argv[2] ?? 100_000);
const nodeCount = Number(process.argv[3] ?? 10_000);
const runCount = nodeCount;
const rounds = 9;
const pageSize = 100;
const operator = { authorization: 'Bearer operator-token' };

const lab = apiLab();
try {
  await fill(lab);
  const lists: readonly [path: string, headers?: Record<string, string>][] = [
    ['/v1/runs'],
    ['/v1/runs/huge/jobs'],
    ['/v1/runs/huge/jobs?status=queued'],
    ['/v1/runs/huge/jobs?status=queued,dead'],
    ['/v1/queue'],
    ['/v1/queue?machine_type=sandbox'],
    ['/v1/nodes'],
    ['/v1/nodes?machine_type=sandbox'],
    ['/v1/nodes?state=free'],
    ['/v1/nodes?state=free&machine_type=sandbox'],
    ['/archive/huge/'],
    ['/v1/audit', operator],
    ['/v1/audit?actor=ann@lab', operator],
  ];
  for (const [path, headers] of lists) await measure(path, headers ?? {});
} finally {
  lab.close();
}

async function fill({ ports, folder }: ApiLab): Promise<void> {
  const { jobs, nodes, audit } = ports;
  for (let index = 0; index < runCount; index++) await addRun(lab, `run-${index}`, 0);
  await jobs.createRun({
    name: 'huge',
    suite: 'smoke',
    owner: 'ann@lab',
    machineType: 'sandbox',
    seed: 7,
    subset: null,
    noNestedSubset: false,
    sha1: null,
    now: 1,
  });
  for (let first = 0; first < jobCount; first += 1000) {
    const batch = Array.from({ length: Math.min(1000, jobCount - first) }, (_, i) => newJob(`${first + i}`));
    await jobs.enqueue({ run: 'huge', jobs: batch, now: 2 });
  }
  const names = Array.from({ length: nodeCount }, (_, index) => `node-${String(index).padStart(6, '0')}`);
  await nodes.register(names.map(nodeSpec), 1);
  for (let at = 0; at < jobCount; at++)
    await audit.record({ at, actor: 'ann@lab', action: 'kill', subject: `huge/${at}`, detail: '' });
  for (let job = 1; job <= jobCount / 10; job++)
    await mkdir(join(folder, 'archive', 'huge', String(job)), { recursive: true });
}

async function measure(path: string, headers: Record<string, string>): Promise<void> {
  const cursors = await everyCursor(path, headers);
  const places = { first: null, middle: cursors[Math.trunc(cursors.length / 2)], last: cursors.at(-1) };
  const spent: Record<string, number[]> = { first: [], middle: [], last: [] };
  for (let round = 0; round < rounds; round++) {
    for (const [place, cursor] of Object.entries(places)) {
      const begun = performance.now();
      await page(path, { headers, cursor: cursor ?? null, limit: pageSize });
      spent[place]?.push(performance.now() - begun);
    }
  }
  const figures = Object.entries(spent).map(([place, each]) => `${place} ${median(each).toFixed(2)} ms`);
  console.log(`${path.padEnd(48)} ${figures.join(', ')}`);
}

/** The cursors of all pages of a thousand, and then one by which the list has a page of the usual size left. */
async function everyCursor(path: string, headers: Record<string, string>): Promise<string[]> {
  const cursors: string[] = [];
  for (let cursor: string | null = null; ;) {
    cursor = (await page(path, { headers, cursor, limit: 900 })).next;
    if (cursor === null) return cursors;
    cursors.push(cursor);
  }
}

async function page(
  path: string,
  query: { headers: Record<string, string>; cursor: string | null; limit: number },
): Promise<{ next: string | null }> {
  const url = new URL(path, apiUrl);
  url.searchParams.set('limit', String(query.limit));
  if (query.cursor !== null) url.searchParams.set('cursor', query.cursor);
  const response = await lab.get(`${url.pathname}${url.search}`, query.headers);
  if (!response.ok) throw new Error(`${url.pathname}${url.search}: ${await response.text()}`);
  await response.arrayBuffer();
  const link = response.headers.get('link');
  if (link === null) return { next: null };
  return { next: new URL(link.slice(1, link.indexOf('>')), apiUrl).searchParams.get('cursor') };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.trunc(values.length / 2)] ?? Number.NaN;
}
