import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const main = join(import.meta.dirname, 'main.ts');
const answers: Readonly<Record<string, unknown>> = {
  '/v1/runs': { runs: [{ name: 'ann-2026-01-02_03:04:05-smoke' }, { name: 'bob-1' }] },
  '/v1/runs/bob-1/jobs': { jobs: [{ job_id: 41 }, { job_id: 42 }, { job_id: 7 }] },
  '/v1/nodes': { nodes: [{ name: 'node-1' }, { name: 'node-2' }, { name: 'rack' }] },
};
const server = createServer((request, response) => {
  response.end(JSON.stringify(answers[request.url?.split('?')[0] ?? ''] ?? {}));
});
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => server.close());

/** What a real bash offers behind a line. */
async function offered(line: string, api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`) {
  const script = `loligo() { "$NODE" "$MAIN" "$@"; }
    eval "$(loligo completion bash)"
    COMP_LINE="$LINE"; COMP_POINT=\${#LINE}
    _loligo
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE: process.execPath,
    MAIN: main,
    LINE: line,
    LOLIGO_API: api,
  };
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '--noprofile', '-c', script], {
    env,
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((each) => each !== '');
}

test.each([
  ['loligo ki', ['kill']],
  ['loligo kill --re', ['--reason']],
  ['loligo token re', ['revoke']],
  ['loligo token add x --op', ['--operator']],
  ['loligo status b', ['bob-1']],
  ['loligo logs ann-2026-01-02_03:0', ['04:05-smoke']], // behind the last colon, which bash keeps
  ['loligo kill bob-1 4', ['41', '42']],
  ['loligo lock --lock node', ['node-1', 'node-2']],
  ['loligo nonsense x', []],
])('bash completes %j', async (line, expected) => {
  expect(await offered(line)).toEqual(expected);
});

test('without a lab there are no names, and no complaint', async () => {
  expect(await offered('loligo status b', 'http://127.0.0.1:9')).toEqual([]);
});
