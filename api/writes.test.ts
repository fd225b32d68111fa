import { afterEach, describe, expect, test } from 'vitest';
import { apiLab } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';
import type { SubmissionContext } from '../core/operations/submission.ts';
import type { JobRequest, SubmitResult, SuiteRequest } from './ports.ts';
import { ProblemError } from './problem.ts';
import { replaySubmissions } from './writes.ts';

const labs: ApiLab[] = [];
afterEach(() => labs.splice(0).forEach((lab) => lab.close()));

/** A lab whose submissions are only noted, with the run named by `name`. */
function noting(name: () => string = () => 'run-1') {
  const suites: { request: SuiteRequest; context: SubmissionContext }[] = [];
  const jobs: { request: JobRequest; context: SubmissionContext }[] = [];
  const result = (): SubmitResult => ({
    run: name(),
    jobIds: [1],
    jobs: 1,
    dropped: 0,
    seed: 3,
    descriptions: [],
  });
  const lab = apiLab({
    submit: {
      suite: async (request, context) => {
        suites.push({ request, context });
        return result();
      },
      job: async (request, context) => {
        jobs.push({ request, context });
        return result();
      },
    },
  });
  labs.push(lab);
  return { lab, suites, jobs };
}

const suite = { suite: 'smoke', suite_dir: '/suites' };

describe('a submission', () => {
  test('gets defaults, the caller as its owner, and the URL of its run', async () => {
    const { lab, suites } = noting();
    const response = await lab.send('POST', '/v1/suites', suite);
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ run: 'run-1', url: 'http://lab.test/run-1/', jobs: 1 });
    expect(suites[0]).toMatchObject({
      request: {
        suite: 'smoke',
        suiteDir: '/suites',
        priority: 1000,
        limit: 0,
        num: 1,
        seed: null,
        machineType: null,
      },
      context: { owner: 'ann@lab', now: lab.ports.clock.now(), resumed: false },
    });
  });

  test('may name another owner only when an operator sends it', async () => {
    const { lab, jobs } = noting();
    await lab.send('POST', '/v1/jobs', { yaml: 'tasks: []', owner: 'cat@lab' });
    expect(jobs[0]?.context.owner).toBe('cat@lab');
    const headers = { authorization: 'Bearer user-token' };
    const refused = await lab.send('POST', '/v1/jobs', { yaml: 'tasks: []', owner: 'cat@lab' }, headers);
    expect(refused.status).toBe(403);
    expect(jobs).toHaveLength(1);
  });

  test.each([
    [{ suite: 'smoke' }, 'suite_dir'],
    [{ ...suite, priority: 'high' }, '(given: "high")'],
    [{ ...suite, subset: '3/2' }, '(given: "3/2")'],
    [{ ...suite, name: '../../etc' }, '(given: "../../etc")'],
    [{ ...suite, name: '123' }, 'all digits'],
    [{ ...suite, prioritee: 1 }, 'prioritee'],
    ['[]', 'expected object'],
  ])('%j is refused with a sentence', async (body, part) => {
    const { lab, suites } = noting();
    const response = await lab.send('POST', '/v1/suites', body);
    expect(response.status).toBe(422);
    expect(((await response.json()) as { detail: string }).detail).toContain(part);
    expect(suites).toEqual([]);
  });

  test('that is not JSON is a 400', async () => {
    const { lab } = noting();
    expect((await lab.send('POST', '/v1/suites', '{"suite": ')).status).toBe(400);
  });

  test('larger than the bound is a 413', async () => {
    const { lab } = noting();
    const response = await lab.send('POST', '/v1/jobs', { yaml: 'x'.repeat(9 * 1024 * 1024) });
    expect(response.status).toBe(413);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  test.each(['/v1/suites', '/v1/jobs', '/v1/runs/r/kill', '/v1/runs/r/jobs/1/kill'])(
    'to %s without the token is a 401',
    async (path) => {
      const { lab } = noting();
      for (const authorization of ['', 'Bearer wrong', 'Basic operator-token']) {
        const response = await lab.send('POST', path, suite, { authorization });
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toContain('Bearer');
      }
    },
  );
});

describe('an Idempotency-Key', () => {
  test('that is repeated gets the first answer, and nothing is done again', async () => {
    let count = 0;
    const { lab, suites } = noting(() => `run-${++count}`);
    const headers = { 'idempotency-key': 'k1' };
    const first = await (await lab.send('POST', '/v1/suites', suite, headers)).json();
    const again = await lab.send('POST', '/v1/suites', suite, headers);
    expect(again.status).toBe(201);
    expect(await again.json()).toEqual(first);
    expect(suites).toHaveLength(1);
  });

  test('of two requests at once, one is carried out', async () => {
    const { lab, suites } = noting();
    const headers = { 'idempotency-key': 'k1' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => lab.send('POST', '/v1/suites', suite, headers)),
    );
    expect(suites).toHaveLength(1);
    expect(answers.every((answer) => answer.status === 201 || answer.headers.has('retry-after'))).toBe(true);
  });

  test('cannot be used for another request', async () => {
    const { lab, suites } = noting();
    const headers = { 'idempotency-key': 'k1' };
    await lab.send('POST', '/v1/suites', suite, headers);
    const other = await lab.send('POST', '/v1/suites', { ...suite, limit: 1 }, headers);
    expect(other.status).toBe(422);
    expect(suites).toHaveLength(1);
  });

  test('remembers a refusal too, but not a failure of ours', async () => {
    let broken = true;
    const lab = apiLab({
      submit: {
        suite: async () => {
          throw new ProblemError(422, "there is no suite 'smoke'");
        },
        job: async () => {
          if (broken) throw new Error('disk full');
          return { run: 'r', jobIds: [1], jobs: 1, dropped: 0, seed: null, descriptions: [] };
        },
      },
    });
    labs.push(lab);
    const headers = { 'idempotency-key': 'k1' };
    expect((await lab.send('POST', '/v1/suites', suite, headers)).status).toBe(422);
    expect((await lab.send('POST', '/v1/suites', suite, headers)).headers.get('idempotency-replayed')).toBe(
      'true',
    );
    const job = { yaml: 'tasks: []' };
    expect((await lab.send('POST', '/v1/jobs', job, { 'idempotency-key': 'k2' })).status).toBe(500);
    broken = false;
    expect((await lab.send('POST', '/v1/jobs', job, { 'idempotency-key': 'k2' })).status).toBe(201);
  });
});

describe('a submission whose process died', () => {
  test('is carried out again by the next one, with its time and owner, and then has its answer', async () => {
    const { lab, suites } = noting();
    const at = lab.ports.clock.now() - 5000;
    const body = JSON.stringify(suite);
    await lab.ports.submissions.begin({ key: 'k1', caller: 'ann@lab', path: '/v1/suites', body, at });
    expect(await replaySubmissions(lab.ports, lab.app)).toBe(1);
    expect(suites.map(({ context }) => context)).toEqual([{ owner: 'ann@lab', now: at, resumed: true }]);
    expect(await replaySubmissions(lab.ports, lab.app)).toBe(0);
    const answer = await lab.send('POST', '/v1/suites', body, { 'idempotency-key': 'k1' });
    expect(answer.status).toBe(201);
    expect(suites).toHaveLength(1);
  });
});
