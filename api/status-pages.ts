import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { ApiPorts } from './ports.ts';
import { moment, page } from './page.ts';
import type { Markup } from './page.ts';
import { existingRun } from './run-routes.ts';
import { jobView, nodeView, pagePath, runView } from './views.ts';
import type { JobView, NodeView, RunView } from './views.ts';
import type { ApiEnv } from './writes.ts';

const refreshSeconds = 5;
const runsShown = 100;
const jobsShown = 500;
const order: readonly (keyof RunView['counts'])[] = ['fail', 'dead', 'running', 'waiting', 'queued', 'pass'];

/** Adds the pages for people: all runs and nodes at `/`, the jobs of one run at `/RUN/`. They renew themselves while something moves. */
export function statusPages(app: Hono<ApiEnv>, ports: ApiPorts): void {
  app.get('/', async (c) => {
    const runs = await ports.jobs.listRuns({ limit: runsShown });
    const nodes = await ports.nodes.list();
    return c.html(
      await labPage(
        runs.map((run) => runView(run, ports)),
        nodes.map(nodeView),
      ),
    );
  });
  app.get('/:run', async (c) => {
    const { name } = await existingRun(ports, c.req.param('run'));
    return c.redirect(pagePath(name), 308);
  });
  app.get('/:run/', async (c) => {
    const offset = Math.max(0, Number.parseInt(c.req.query('offset') ?? '0', 10) || 0);
    const run = await existingRun(ports, c.req.param('run'));
    const jobs = await ports.jobs.listJobs({ run: run.name, limit: jobsShown, offset });
    return c.html(
      await runPage(
        runView(run, ports),
        jobs.map((job) => jobView(job, ports)),
        offset,
      ),
    );
  });
}

function labPage(runs: readonly RunView[], nodes: readonly NodeView[]): Markup | Promise<Markup> {
  return page({
    title: 'Loligo',
    refreshSeconds,
    body: html`<h1>Loligo</h1>
      <nav><a href="/archive/">archive</a> · <a href="/openapi.json">API</a></nav>
      <h2>Runs</h2>
      ${runs.length === 0 ? html`<p class="dim">Nothing has been submitted yet.</p>` : runTable(runs)}
      <h2>Nodes</h2>
      ${nodes.length === 0 ? html`<p class="dim">The lab has no nodes.</p>` : nodeTable(nodes)}`,
  });
}

function runTable(runs: readonly RunView[]): Markup {
  return html`<table>
    <thead>
      <tr>
        <th>Run</th>
        <th>Status</th>
        <th>Jobs</th>
        <th>Owner</th>
        <th>Submitted (UTC)</th>
      </tr>
    </thead>
    <tbody>
      ${runs.map(
        (run) =>
          html`<tr>
            <td><a href="${pagePath(run.name)}">${run.name}</a></td>
            <td class="short ${statusClass(run.status)}">${run.status}</td>
            <td class="short">${countsOf(run)}</td>
            <td>${run.owner}</td>
            <td class="short dim">${moment(run.submitted_at)}</td>
          </tr> `,
      )}
    </tbody>
  </table>`;
}

function nodeTable(nodes: readonly NodeView[]): Markup {
  return html`<table>
    <thead>
      <tr>
        <th>Node</th>
        <th>Type</th>
        <th>State</th>
        <th>Held by</th>
        <th>System</th>
      </tr>
    </thead>
    <tbody>
      ${nodes.map(
        (node) =>
          html`<tr>
            <td>${node.name}</td>
            <td>${node.machine_type}</td>
            <td>
              ${node.state}${node.reason === null ? '' : html` <span class="reason">${node.reason}</span>`}
            </td>
            <td>${holder(node)}</td>
            <td>${node.os_type} ${node.os_version} ${node.arch}</td>
          </tr> `,
      )}
    </tbody>
  </table>`;
}

function holder(node: NodeView): Markup | string {
  if (node.job === null) return node.locked_by ?? '';
  const { run, job_id: jobId } = node.job;
  return html`<a href="${pagePath(run)}#${jobId}">${run}/${jobId}</a>`;
}

function runPage(run: RunView, jobs: readonly JobView[], offset: number): Markup | Promise<Markup> {
  const more = offset + jobs.length < run.total;
  return page({
    title: `${run.status}: ${run.name}`,
    refreshSeconds: run.status.startsWith('finished') ? null : refreshSeconds,
    body: html`<nav><a href="/">all runs</a> · <a href="/archive${pagePath(run.name)}">logs</a></nav>
      <h1>${run.name}</h1>
      <p>
        <span class="${statusClass(run.status)}">${run.status}</span> · ${countsOf(run)} · ${run.owner} ·
        <span class="dim"
          >${moment(run.submitted_at)}
          UTC${run.seed === null ? '' : ` · seed ${run.seed}`}${run.subset === null ? '' : ` · subset ${run.subset}`}</span
        >
      </p>
      <table>
        <thead>
          <tr>
            <th class="number">Job</th>
            <th>Status</th>
            <th>Description</th>
            <th class="number">Seconds</th>
            <th>Nodes</th>
          </tr>
        </thead>
        <tbody>
          ${jobs.map((job) => jobRow(job))}
        </tbody>
      </table>
      ${offset > 0 ? html`<a href="?offset=${Math.max(0, offset - jobsShown)}">earlier jobs</a> ` : ''}
      ${more ? html`<a href="?offset=${offset + jobs.length}">more jobs</a>` : ''}`,
  });
}

function jobRow(job: JobView): Markup {
  const folder = `/archive${pagePath(job.run, job.job_id)}`;
  const reason = job.failure_reason ?? job.why_waiting;
  const log =
    job.started_at === null
      ? ''
      : html` <a href="${folder}teuthology.log${job.finished_at === null ? '?follow=1' : ''}">log</a>`;
  return html`<tr id="${job.job_id}">
    <td class="number"><a href="${folder}">${job.job_id}</a></td>
    <td class="short"><span class="${job.status}">${job.status}</span>${log}</td>
    <td>${job.description}${reason === null ? '' : html`<div class="reason">${reason}</div>`}</td>
    <td class="number">${job.duration === null ? '' : job.duration.toFixed(1)}</td>
    <td>${job.nodes.join(' ')}</td>
  </tr> `;
}

function countsOf(run: RunView): Markup[] | string {
  const some = order.filter((status) => run.counts[status] > 0);
  if (some.length === 0) return 'no jobs';
  return some.map((status) => html`<span class="${status}">${run.counts[status]} ${status}</span> `);
}

function statusClass(status: string): string {
  return status.split(' ').at(-1) ?? '';
}
