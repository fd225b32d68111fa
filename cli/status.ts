import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import type { Column } from './client/columns.ts';
import { columns } from './client/columns.ts';
import { wholeNumber } from './client/failure.ts';
import { apiPath, findLab } from './client/lab-client.ts';
import type { JobView, LabClient, NodeView, RunView } from './client/lab-client.ts';
import { allJobs, allNodes } from './client/every-page.ts';
import { printJson, printLines } from './client/print.ts';

interface StatusOptions {
  json: boolean;
  nodes: boolean;
  limit: number;
  folder?: string;
}

/** `loligo status [RUN [JOB]]`: the lab, one run, or one job. */
export function command(): Command {
  return new Command('status')
    .summary('show runs, jobs and nodes')
    .description(
      'Shows the newest runs and the nodes; with a run its jobs, with a job all about it. A job that waits says for what, one that failed says why.',
    )
    .argument('[run]', 'run name, or RUN/JOB')
    .argument('[job]', 'job id')
    .option('--nodes', 'only the nodes', false)
    .option('-l, --limit <n>', 'how many runs', wholeNumber(1), 20)
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText([
        ['loligo status', 'the newest runs, and all nodes'],
        ['loligo status RUN', 'its jobs, with why they failed or wait'],
        ['loligo status RUN/17 --json', 'all about one job'],
      ]),
    )
    .action(async (run: string | undefined, job: string | undefined, options: StatusOptions) => {
      const lab = findLab(options);
      const [name, id = job] = run?.split('/') ?? [];
      if (name === undefined) await showLab(lab, options);
      else if (id === undefined) await showRun(lab, name, options);
      else await showJob(lab, name, id, options);
    });
}

async function showLab(lab: LabClient, options: StatusOptions): Promise<void> {
  const nodes = await allNodes(lab);
  const runs = options.nodes
    ? null
    : (await lab.get<{ runs: RunView[] }>(`/v1/runs?limit=${options.limit}`)).runs;
  if (options.json) return await printJson(runs === null ? { nodes } : { url: lab.url, runs, nodes });
  if (runs === null) return await printLines(nodeLines(nodes));
  const runLines = runs.length === 0 ? ['nothing has been submitted yet'] : columns(runs, runColumns);
  await printLines([`lab at ${lab.url}`, '', ...runLines, '', ...nodeLines(nodes)]);
}

/** The nodes of a lab as a table. */
export function nodeLines(nodes: readonly NodeView[]): string[] {
  return nodes.length === 0 ? ['the lab has no nodes'] : columns(nodes, nodeColumns);
}

async function showRun(lab: LabClient, name: string, options: StatusOptions): Promise<void> {
  const run = await lab.get<RunView>(apiPath('runs', name));
  const jobs = await allJobs(lab, name);
  if (options.json) return await printJson({ ...run, jobs });
  await printLines([...columns([run], runColumns), run.url, '', ...columns(jobs, jobColumns)]);
}

async function showJob(lab: LabClient, run: string, id: string, options: StatusOptions): Promise<void> {
  const job = await lab.get<JobView & { config: string }>(apiPath('runs', run, 'jobs', id));
  if (options.json) return await printJson(job);
  const { config: _config, kill_requested: kill, ...fields } = job;
  const rows = Object.entries(fields).map(([key, value]) => ({
    key,
    value: Array.isArray(value) ? value.join(' ') : value,
  }));
  if (kill !== null)
    rows.push({ key: 'kill_requested', value: `by ${kill.actor} at ${kill.at}: ${kill.reason}` });
  const width = Math.max(...rows.map(({ key }) => key.length));
  await printLines(rows.map(({ key, value }) => `${key.padEnd(width)}  ${value ?? '-'}`));
}

const runColumns: readonly Column<RunView>[] = [
  { title: 'RUN', value: (run) => run.name },
  { title: 'STATUS', value: (run) => run.status },
  { title: 'QUEUED', value: (run) => run.counts.queued, align: 'right' },
  { title: 'RUNNING', value: (run) => run.counts.waiting + run.counts.running, align: 'right' },
  { title: 'PASS', value: (run) => run.counts.pass, align: 'right' },
  { title: 'FAIL', value: (run) => run.counts.fail, align: 'right' },
  { title: 'DEAD', value: (run) => run.counts.dead, align: 'right' },
  { title: 'SUBMITTED', value: (run) => run.submitted_at.slice(0, 19).replace('T', ' ') },
];

const jobColumns: readonly Column<JobView>[] = [
  { title: 'JOB', value: (job) => job.job_id, align: 'right' },
  { title: 'STATUS', value: (job) => job.status },
  { title: 'SECONDS', value: (job) => job.duration?.toFixed(1) ?? null, align: 'right' },
  { title: 'NODES', value: (job) => job.nodes.join(' ') },
  { title: 'DESCRIPTION', value: (job) => job.description },
  { title: 'REASON', value: (job) => job.failure_reason ?? job.why_waiting },
];

const nodeColumns: readonly Column<NodeView>[] = [
  { title: 'NODE', value: (node) => node.name },
  { title: 'TYPE', value: (node) => node.machine_type },
  { title: 'STATE', value: (node) => node.state },
  { title: 'HELD BY', value: (node) => (node.job ? `${node.job.run}/${node.job.job_id}` : node.locked_by) },
  { title: 'REACHED AT', value: (node) => `${node.user}@${node.address}:${node.port}` },
  { title: 'SYSTEM', value: (node) => `${node.os_type} ${node.os_version} ${node.arch}` },
  { title: 'REASON', value: markOf },
];

/** Why a node is out of use, since when, and who said so. */
function markOf(node: NodeView): string | null {
  if (node.reason === null || node.state !== 'quarantined') return node.reason;
  const since = node.state_since.slice(0, 16).replace('T', ' ');
  return `${node.reason} (since ${since}${node.marked_by === null ? '' : `, by ${node.marked_by}`})`;
}
