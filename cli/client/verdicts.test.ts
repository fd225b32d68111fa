import { expect, test } from 'vitest';
import type { JobView } from './lab-client.ts';
import { progressLine } from './progress-line.ts';
import { exitStatusOf, finishedLine, verdictTable } from './verdicts.ts';

function job(jobId: number, status: JobView['status'], reason: string | null = null): JobView {
  return {
    run: 'r',
    job_id: jobId,
    status,
    description: `smoke/{${jobId}}`,
    owner: 'ann@lab',
    machine_type: 'sandbox',
    node_count: 1,
    os_type: null,
    os_version: null,
    arch: null,
    priority: 1000,
    attempt: 1,
    nodes: [],
    submitted_at: '',
    started_at: null,
    finished_at: null,
    duration: 1.25,
    failure_reason: reason,
    actor: null,
    kill_requested: null,
    why_waiting: null,
    earliest_start: null,
    likely_start: null,
    expected_start: null,
    archive_url: null,
    log_url: `http://lab/${jobId}.log`,
  };
}

test('what did not pass comes first, and its reasons stand below the table', () => {
  const lines = verdictTable([job(1, 'pass'), job(2, 'fail', 'exit 1\nand more'), job(3, 'dead')]);
  expect(lines.map((line) => line.split(/\s+/).find(Boolean))).toEqual([
    'JOB',
    '3',
    '2',
    '1',
    undefined,
    'dead',
    'fail',
  ]);
  expect(lines[2]).toBe('  2  fail         1.3  smoke/{2}    http://lab/2.log');
  expect(lines.at(-1)).toBe('fail 2: exit 1 and more');
});

test('a run that passed has a table only', () => {
  expect(verdictTable([job(1, 'pass')])).toHaveLength(2);
  expect(finishedLine(job(7, 'fail', 'no'))).toBe('fail 7 1.3s smoke/{7}: no');
});

test('progress is drawn over on a terminal, and never elsewhere', () => {
  const draw = (isTTY: boolean) => {
    let written = '';
    const line = progressLine({
      write: (text: string | Uint8Array) => ((written += String(text)), true),
      isTTY,
      columns: 12,
    });
    line.show('3 running, 4 queued');
    line.print('pass 1');
    line.clear();
    return written;
  };
  expect(draw(false)).toBe('pass 1\n');
  expect(draw(true)).toBe('\r\u001b[K3 running, \r\u001b[Kpass 1\n\r\u001b[K3 running, \r\u001b[K');
});

test.each([
  [['pass', 'pass'], 0],
  [['pass', 'fail'], 1],
  [['fail', 'dead'], 1],
  [['pass', 'dead'], 3],
  [['dead', 'queued'], 1],
  [[], 0],
] as const)('a word that waited for %j exits with %i', (statuses, exitStatus) => {
  expect(exitStatusOf(statuses.map((status) => ({ status })))).toBe(exitStatus);
});
