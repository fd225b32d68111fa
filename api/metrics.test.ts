import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRun, apiLab, nodeSpec, startJob } from '../test/fixtures/api-lab.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';

let lab: ApiLab;
beforeEach(() => {
  lab = apiLab({ pulse: () => ({ dispatchPasses: 4, dispatchSeconds: 0.5, sweptAt: 1 }) });
});
afterEach(() => lab.close());

/** Reads the text format by its grammar, and throws at the first line that breaks it: names, labels, order, types, doubles. */
function parse(text: string): Map<string, number> {
  if (!text.endsWith('\n')) throw new Error('the last line must end');
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  let family = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line);
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment;
      if (kind === 'HELP' && types.has(name)) throw new Error(`family ${name} comes twice`);
      if (kind === 'TYPE' && name !== family) throw new Error(`TYPE ${name} is not behind its HELP`);
      if (kind === 'TYPE' && !/^(counter|gauge|summary|histogram|untyped)$/.test(rest)) throw new Error(line);
      family = name;
      if (kind === 'TYPE') types.set(name, rest);
      continue;
    }
    const sample =
      /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"(?:,(?!\})|(?=\})))*\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/.exec(
        line,
      );
    if (sample === null) throw new Error(`not a sample: ${line}`);
    const [, name = '', labels = '', value] = sample;
    const own = types.get(family) === 'summary' ? name.replace(/_(sum|count)$/, '') : name;
    if (own !== family) throw new Error(`${name} stands in family ${family}`);
    if (types.get(family) === 'counter' && !name.endsWith('_total')) throw new Error(`counter ${name}`);
    if (values.has(name + labels)) throw new Error(`${name}${labels} comes twice`);
    values.set(name + labels, Number(value));
  }
  return values;
}

describe('the metrics', () => {
  test('are in the text format of Prometheus, and count what is there', async () => {
    const [id = 0, other = 0] = await addRun(lab, 'r', 3);
    await lab.ports.nodes.register(['n1', 'n2'].map(nodeSpec), lab.ports.clock.now());
    await startJob(lab, 'r', id, 'n1');
    await lab.send('POST', `/v1/runs/r/jobs/${other}/kill`, {});
    await lab.get('/v1/runs/nope');
    lab.pass(5000);
    const response = await lab.get('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const values = parse(await response.text());
    const expected = {
      'loligo_queue_length{machine_type="sandbox",status="queued"}': 1,
      'loligo_queue_length{machine_type="sandbox",status="running"}': 1,
      'teuthology_job_results_total{machine_type="sandbox",status="dead"}': 1,
      'teuthology_nodes{machine_type="sandbox",state="free",locked="false",up="true"}': 1,
      'teuthology_nodes{machine_type="sandbox",state="locked",locked="true",up="true"}': 1,
      'loligo_lock_age_max_seconds{machine_type="sandbox"}': 5,
      loligo_runs_open: 1,
      loligo_dispatch_duration_seconds_sum: 0.5,
      loligo_dispatch_duration_seconds_count: 4,
      'loligo_api_requests_total{method="POST",status="200"}': 1,
      'loligo_api_requests_total{method="GET",status="404"}': 1,
    };
    expect(Object.fromEntries([...values].filter(([name]) => name in expected))).toEqual(expected);
  });

  test('stay in form whatever a machine type is called', async () => {
    await lab.ports.nodes.register([{ ...nodeSpec('n1'), machineType: 'a"b\\c\nd' }], 1);
    const values = parse(await (await lab.get('/metrics')).text());
    expect([...values.keys()].join('\n')).toContain(String.raw`machine_type="a\"b\\c\nd"`);
  });
});
