import type { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { ApiPorts } from './ports.ts';
import type { ApiEnv } from './writes.ts';

/** One family of samples in the Prometheus text format. */
interface Family {
  readonly name: string;
  readonly kind: 'gauge' | 'counter' | 'summary';
  readonly help: string;
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly suffix?: '_sum' | '_count';
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

const unfinished = new Set(['queued', 'waiting', 'running']);

/** Adds `/metrics` and counts the requests of the whole app from here on. Costs three statements, however large the lab is. */
export function metricsRoute(app: Hono<ApiEnv>, ports: ApiPorts): void {
  const requests = new Map<string, { labels: Record<string, string>; value: number }>();
  app.use(
    createMiddleware<ApiEnv>(async (c, next) => {
      await next();
      const labels = { method: c.req.method, status: String(c.res.status) };
      const key = `${labels.method} ${labels.status}`;
      const known = requests.get(key) ?? { labels, value: 0 };
      requests.set(key, { labels, value: known.value + 1 });
    }),
  );
  app.get('/metrics', async (c) => {
    const families = [
      ...(await storeFamilies(ports)),
      ...pulseFamilies(ports),
      counter('loligo_api_requests', 'Answers of the HTTP API since the lab was started.', [
        ...requests.values(),
      ]),
    ];
    c.header('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    return c.body(families.map(familyText).join(''));
  });
}

async function storeFamilies({ counts, clock }: ApiPorts): Promise<Family[]> {
  const jobs = await counts.jobs();
  const nodes = await counts.nodes();
  const samples = (final: boolean) =>
    jobs
      .filter((each) => unfinished.has(each.status) !== final)
      .map(({ machineType, status, count }) => ({
        labels: { machine_type: machineType, status },
        value: count,
      }));
  const locks = nodes.flatMap(({ machineType, lockedSince }) =>
    lockedSince === null
      ? []
      : [{ labels: { machine_type: machineType }, value: (clock.now() - lockedSince) / 1000 }],
  );
  return [
    gauge('loligo_queue_length', 'Jobs that are not over, by what they accept.', samples(false)),
    counter('teuthology_job_results', 'Jobs that are over.', samples(true)),
    gauge(
      'teuthology_nodes',
      'Nodes of the inventory.',
      nodes.map(({ machineType, state, count }) => ({
        labels: {
          machine_type: machineType,
          state,
          locked: String(state === 'locked'),
          up: String(state !== 'quarantined'),
        },
        value: count,
      })),
    ),
    gauge('loligo_lock_age_max_seconds', 'Age of the lock that is held for longest.', locks),
    gauge('loligo_runs_open', 'Runs that are not over.', [{ value: await counts.openRuns() }]),
  ];
}

function pulseFamilies({ pulse, clock }: ApiPorts): Family[] {
  const now = pulse?.();
  if (now === undefined) return [];
  const lag = now.sweptAt === null ? [] : [{ value: (clock.now() - now.sweptAt) / 1000 }];
  return [
    {
      name: 'loligo_dispatch_duration_seconds',
      kind: 'summary',
      help: 'Passes of the dispatcher since the lab was started.',
      samples: [
        { suffix: '_sum', value: now.dispatchSeconds },
        { suffix: '_count', value: now.dispatchPasses },
      ],
    },
    gauge('loligo_sweeper_lag_seconds', 'Time since the last sweep that came to its end.', lag),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, kind: 'gauge', help, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `${name}_total`, kind: 'counter', help, samples };
}

function familyText({ name, kind, help, samples }: Family): string {
  const lines = samples.map(
    ({ suffix = '', labels = {}, value }) => `${name}${suffix}${labelText(labels)} ${value}\n`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
