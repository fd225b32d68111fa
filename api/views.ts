import { z } from '@hono/zod-openapi';
import type { Node } from '../core/locks/node.ts';
import type { NodeEvent } from '../core/ports/node-store.ts';
import type { EvidenceEntry } from '../core/ports/node-evidence.ts';
import type { JobRecord, RunRecord } from '../core/ports/job-store.ts';
import { runStatus } from '../core/results/run-status.ts';
import type { ApiPorts, Caller } from './ports.ts';

const time = z.iso.datetime();
const count = z.number().int().min(0);
export const jobStatusSchema = z.enum(['queued', 'waiting', 'running', 'pass', 'fail', 'dead']);

/** A run as the API shows it. */
export const runSchema = z
  .object({
    name: z.string(),
    status: z.string(),
    suite: z.string(),
    owner: z.string(),
    machine_type: z.string(),
    seed: z.number().int().nullable(),
    subset: z.string().nullable(),
    no_nested_subset: z.boolean(),
    sha1: z.string().nullable(),
    submitted_at: time,
    updated_at: time,
    closed: z.boolean().describe('Whether all jobs have been enqueued.'),
    counts: z.object({
      queued: count,
      waiting: count,
      running: count,
      pass: count,
      fail: count,
      dead: count,
    }),
    total: count,
    url: z.string(),
    archive_url: z.string().nullable(),
  })
  .openapi('Run');

/** A job as the API shows it. */
export const jobSchema = z
  .object({
    run: z.string(),
    job_id: z.number().int(),
    status: jobStatusSchema,
    description: z.string(),
    owner: z.string(),
    machine_type: z.string(),
    node_count: count,
    os_type: z.string().nullable(),
    os_version: z.string().nullable(),
    arch: z.string().nullable(),
    priority: z.number().int(),
    attempt: count,
    nodes: z.array(z.string()),
    submitted_at: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
    duration: z.number().nullable().describe('Seconds, of the summary.'),
    failure_reason: z.string().nullable(),
    actor: z.string().nullable().describe('Who ended a dead job.'),
    kill_requested: z.object({ actor: z.string(), reason: z.string(), at: time }).nullable(),
    why_waiting: z.string().nullable().describe('Why a queued job has not been started yet.'),
    earliest_start: time
      .nullable()
      .describe('Of a queued job, if those before it take no longer than the shortest of their like.'),
    likely_start: time
      .nullable()
      .describe('Of a queued job, if those before it take as long as the longest of their like.'),
    expected_start: time.nullable().describe('Of a queued job, the latest; null: nothing bounds it.'),
    archive_url: z.string().nullable(),
    log_url: z.string().nullable(),
  })
  .openapi('Job');

/** A job with what takes a look of its own. */
export const jobDetailSchema = jobSchema.extend({
  config: z.string().describe('YAML.'),
  backtrace: z.string().nullable().describe('The last one of the log of a fail or dead job.'),
});

/** A machine of the inventory as the API shows it. */
export const nodeSchema = z
  .object({
    name: z.string(),
    machine_type: z.string(),
    provider: z.string(),
    user: z.string(),
    address: z.string(),
    port: z.number().int(),
    host_key: z.string().nullable(),
    arch: z.string(),
    os_type: z.string(),
    os_version: z.string(),
    state: z.enum(['free', 'locked', 'dirty', 'cleaning', 'quarantined']),
    identity_file: z
      .string()
      .nullable()
      .optional()
      .describe('Private key on the machine of the lab; shown only to who holds the node, and to operators.'),
    locked_by: z.string().nullable(),
    locked_since: time.nullable(),
    lease_until: time.nullable().describe('Null: until released, or not locked.'),
    job: z.object({ run: z.string(), job_id: z.number().int() }).nullable(),
    description: z.string().nullable(),
    reason: z.string().nullable(),
    marked_by: z.string().nullable().describe('Who gave the reason; null: the end of a lock did.'),
    state_since: time,
    last_used_at: time.nullable(),
  })
  .openapi('Node');

export const nodeEventSchema = z
  .object({ at: time, event: z.string(), by: z.string(), detail: z.string() })
  .openapi('NodeEvent');

/** What is held against a node: what jobs met on it since it last served one well, and when it was taken out of use. */
export const evidenceSchema = z
  .object({
    kind: z.enum(['failure', 'certain', 'quarantined']),
    at: time,
    reason: z.string(),
    job: z.object({ run: z.string(), job_id: z.number().int() }).nullable(),
  })
  .openapi('NodeEvidence');

/** A node with its past. */
export const nodeDetailSchema = nodeSchema.extend({
  history: z.array(nodeEventSchema).describe('Newest first.'),
  evidence: z.array(evidenceSchema).describe('Newest first.'),
});

export type JobDetailView = z.infer<typeof jobDetailSchema>;
export type NodeDetailView = z.infer<typeof nodeDetailSchema>;
export type RunView = z.infer<typeof runSchema>;
export type JobView = z.infer<typeof jobSchema>;
export type NodeView = z.infer<typeof nodeSchema>;

const iso = (at: number) => new Date(at).toISOString();
const isoOrNull = (at: number | null) => (at === null ? null : iso(at));

/** The path of a job or run page below the lab's URL; a run name may hold any printable character. */
export function pagePath(...segments: readonly (string | number)[]): string {
  return `/${segments.map((segment) => `${encodeURIComponent(segment).replaceAll('%3A', ':')}/`).join('')}`;
}

/** A run record with its status worked out and its links. */
export function runView(run: RunRecord, ports: Pick<ApiPorts, 'archive' | 'url'>): RunView {
  return {
    name: run.name,
    status: runStatus(run),
    suite: run.suite,
    owner: run.owner,
    machine_type: run.machineType,
    seed: run.seed,
    subset: run.subset,
    no_nested_subset: run.noNestedSubset,
    sha1: run.sha1,
    submitted_at: iso(run.submittedAt),
    updated_at: iso(run.updatedAt),
    closed: run.closed,
    counts: { ...run.counts },
    total: Object.values(run.counts).reduce((sum, each) => sum + each, 0),
    url: `${ports.url}${pagePath(run.name)}`,
    archive_url: folderUrl(ports.archive.url(run.name)),
  };
}

/** A job record with its links; costs no look-up. */
export function jobView(job: JobRecord, ports: Pick<ApiPorts, 'archive' | 'whyWaiting'>): JobView {
  const folder = `${job.run}/${job.jobId}`;
  const waits = job.status === 'queued' ? ports.whyWaiting(job) : null;
  return {
    run: job.run,
    job_id: job.jobId,
    status: job.status,
    description: job.description,
    owner: job.owner,
    machine_type: job.machineType,
    node_count: job.nodeCount,
    os_type: job.osType,
    os_version: job.osVersion,
    arch: job.arch,
    priority: job.priority,
    attempt: job.attempt,
    nodes: [...job.nodes],
    submitted_at: iso(job.submittedAt),
    started_at: isoOrNull(job.startedAt),
    finished_at: isoOrNull(job.finishedAt),
    duration: job.durationSeconds,
    failure_reason: job.failureReason,
    actor: job.actor,
    kill_requested: job.killRequested && { ...job.killRequested, at: iso(job.killRequested.at) },
    why_waiting: waits?.reason ?? null,
    earliest_start: isoOrNull(waits?.earliestAt ?? null),
    likely_start: isoOrNull(waits?.likelyAt ?? null),
    expected_start: isoOrNull(waits?.latestAt ?? null),
    archive_url: folderUrl(ports.archive.url(folder)),
    log_url: ports.archive.url(`${folder}/teuthology.log`),
  };
}

/** A node as `reader` may see it: the path of its private key only when they hold it or are an operator. */
export function nodeViewFor(reader: Caller | null, node: Node): NodeView {
  const trusted = reader !== null && (reader.operator || node.lock?.owner === reader.name);
  return { ...nodeView(node), ...(trusted && { identity_file: node.identityFile }) };
}

/** A node as everybody may see it: the path of its private key stays inside. */
export function nodeView(node: Node): NodeView {
  return {
    name: node.name,
    machine_type: node.machineType,
    provider: node.provider,
    user: node.user,
    address: node.address,
    port: node.port,
    host_key: node.hostKey,
    arch: node.arch,
    os_type: node.osType,
    os_version: node.osVersion,
    state: node.state,
    locked_by: node.lock?.owner ?? null,
    locked_since: isoOrNull(node.lock?.since ?? null),
    lease_until: isoOrNull(node.lock?.leaseUntil ?? null),
    job: node.lock?.job ? { run: node.lock.job.run, job_id: node.lock.job.jobId } : null,
    description: node.description,
    reason: node.reason,
    marked_by: node.markedBy,
    state_since: iso(node.stateSince),
    last_used_at: node.lastUsedAt === 0 ? null : iso(node.lastUsedAt),
  };
}

/** One piece of evidence. */
export function evidenceView(entry: EvidenceEntry): z.infer<typeof evidenceSchema> {
  const job = entry.kind === 'quarantined' ? null : { run: entry.run, job_id: entry.jobId };
  return { kind: entry.kind, at: iso(entry.at), reason: entry.reason, job };
}

/** One entry of a node's history. */
export function nodeEventView(event: NodeEvent): z.infer<typeof nodeEventSchema> {
  return { at: iso(event.at), event: event.event, by: event.by, detail: event.detail };
}

function folderUrl(url: string | null): string | null {
  return url === null || url.endsWith('/') ? url : `${url}/`;
}
