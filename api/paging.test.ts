import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../adapters/embedded/database.ts';
import { addRun, apiLab, apiUrl } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';
import { nodeSpec } from '../test/fixtures/lab-records.ts';

let lab: ApiLab;
beforeEach(() => {
  lab = apiLab();
});
afterEach(() => lab.close());

interface Page {
  readonly runs: readonly { readonly name: string }[];
  readonly jobs: readonly { readonly job_id: number }[];
  readonly nodes: readonly { readonly name: string }[];
  readonly next: string | null;
}
const page = async (path: string) => (await (await lab.get(path)).json()) as Page;

describe('a long list', () => {
  test('of runs is read to its end by cursors, and what is added meanwhile moves nothing', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await addRun(lab, name, 0);
      if (name !== 'b') lab.pass(1000); // b and c come in one millisecond
    }
    const first = await page('/v1/runs?limit=2');
    expect(first.runs.map(({ name }) => name)).toEqual(['e', 'd']);
    await addRun(lab, 'new', 0);
    const second = await page(`/v1/runs?limit=2&cursor=${first.next}`);
    expect(second.runs.map(({ name }) => name)).toEqual(['c', 'b']);
    const third = await page(`/v1/runs?limit=2&cursor=${second.next}`);
    expect(third).toMatchObject({ runs: [{ name: 'a' }], next: null });
  });

  test('of jobs names the next page in its Link header, filter included', async () => {
    const ids = await addRun(lab, 'r', 3);
    const response = await lab.get('/v1/runs/r/jobs?limit=2&status=queued');
    const [, link = ''] = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '') ?? [];
    expect(link).toContain('status=queued');
    const rest = await lab.get(link);
    expect(((await rest.json()) as Page).jobs.map((job) => job.job_id)).toEqual(ids.slice(2));
    expect(rest.headers.get('link')).toBeNull();
  });

  test('of nodes is read to its end, whether narrowed or searched', async () => {
    const names = ['n1', 'n2', 'n3', 'n4', 'n5'];
    await lab.ports.nodes.register(
      names.map((name) => nodeSpec(name)),
      1,
    );
    const to = { by: 'ann@lab', now: 2, state: 'quarantined', reason: 'Smells' } as const;
    for (const name of ['n2', 'n4', 'n5']) await lab.ports.nodes.mark({ ...to, name });
    const read = async (query: string) => {
      const pages: string[][] = [];
      for (let path = `/v1/nodes?limit=2${query}`; path !== '';) {
        const response = await lab.get(path);
        pages.push(((await response.json()) as Page).nodes.map(({ name }) => name));
        path = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1] ?? '';
      }
      return pages;
    };
    expect(await read('')).toEqual([['n1', 'n2'], ['n3', 'n4'], ['n5']]);
    expect(await read('&state=quarantined')).toEqual([['n2', 'n4'], ['n5']]);
    expect(await read('&q=smell')).toEqual([['n2', 'n4'], ['n5']]);
    expect(await read('&machine_type=rack')).toEqual([[]]);
  });

  test.each(['x', 'WzFd', 'e30', Buffer.from('["a",1]').toString('base64url')])(
    'refuses the cursor %s by its value',
    async (cursor) => {
      const response = await lab.get(`/v1/runs?cursor=${cursor}`);
      expect(response.status).toBe(422);
      expect(((await response.json()) as { detail: string }).detail).toContain(`cursor '${cursor}'`);
    },
  );

  test('costs its own length: no form of it sorts or scans the table', async () => {
    const database = openDatabase(':memory:');
    const forms = [
      'select * from runs where (submitted_at, name) < (?, ?) order by submitted_at desc, name desc limit ?',
      'select * from jobs where true and run = ? and job_id > ? order by job_id limit ?',
      'select * from jobs where true and run = ? and job_id > ? and status = ? order by job_id limit ?',
      'select * from nodes where true and name > ? order by name limit ?',
      'select * from nodes where true and machine_type = ? and name > ? order by name limit ?',
      'select * from nodes where true and state = ? and name > ? order by name limit ?',
      'select * from nodes where true and machine_type = ? and state = ? and name > ? order by name limit ?',
      'select * from audit where id < cast(? as integer) and subject = ? order by audit.id desc limit ?',
      'select * from audit where id < cast(? as integer) order by audit.id desc limit ?',
    ];
    for (const form of forms) {
      const plan = database
        .all<{ detail: string }>(`explain query plan ${form}`, ...form.matchAll(/\?/g).map(() => 1))
        .map(({ detail }) => detail);
      expect([form, plan.length, plan[0]]).toEqual([form, 1, expect.stringMatching(/^SEARCH .*\(.*[<>]/)]);
    }
    database.close();
  });
});

describe('an ETag', () => {
  test.each(['/v1/runs', '/v1/runs/r', '/v1/runs/r/jobs', '/v1/runs/r/jobs/1', '/v1/nodes'])(
    'of %s spares the body while nothing has changed',
    async (path) => {
      await addRun(lab, 'r', 2);
      const first = await lab.get(path);
      const etag = first.headers.get('etag') ?? '';
      const again = await lab.get(path, { 'if-none-match': `"other", W/${etag}` });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    },
  );

  test('changes with what it stands for', async () => {
    await addRun(lab, 'r', 2);
    const etag = (await lab.get('/v1/runs/r')).headers.get('etag') ?? '';
    await lab.send('POST', '/v1/runs/r/kill', {});
    const after = await lab.get('/v1/runs/r', { 'if-none-match': etag });
    expect(after.status).toBe(200);
    expect(after.headers.get('etag')).not.toBe(etag);
  });
});

describe('who asks too often', () => {
  const limits = { readsPerMinute: 3, writesPerMinute: 2 };
  const from = async (address: string, path = '/v1/runs', init: RequestInit = {}) =>
    await lab.app.request(`${apiUrl}${path}`, init, { address });

  test('is refused until the time that the answer names, and nobody else is', async () => {
    lab.close();
    lab = apiLab({ limits });
    for (let index = 0; index < 3; index += 1) expect((await from('192.0.2.7')).status).toBe(200);
    const refused = await from('192.0.2.7');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '20']);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect((await from('192.0.2.8')).status).toBe(200);
    expect((await from('127.0.0.1')).status).toBe(200);
    lab.pass(20_000);
    expect((await from('192.0.2.7')).status).toBe(200);
    expect((await from('192.0.2.7')).status).toBe(429);
  });

  test('is counted by name when writing, but for an operator on the machine of the lab', async () => {
    lab.close();
    lab = apiLab({ limits: { ...limits, readsPerMinute: 0 } });
    await addRun(lab, 'r', 1, 'bob@lab');
    const kill = async (token: string, address: string) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      return (await from(address, '/v1/runs/r/kill', { method: 'POST', body: '{}', headers })).status;
    };
    expect(await kill('user-token', '127.0.0.1')).toBe(200);
    expect(await kill('user-token', '192.0.2.7')).toBe(200);
    expect(await kill('user-token', '192.0.2.8')).toBe(429);
    for (let index = 0; index < 4; index += 1) expect(await kill('operator-token', '::1')).toBe(200);
    expect(await kill('operator-token', '192.0.2.7')).toBe(200);
  });
});
