import type { Lock, Node, NodeSpec, NodeState } from '../../core/locks/node.ts';
import type { Database } from './database.ts';

export interface NodeRow {
  name: string;
  machine_type: string;
  provider: string;
  user: string;
  address: string;
  port: number;
  host_key: string | null;
  identity_file: string | null;
  arch: string;
  os_type: string;
  os_version: string;
  state: NodeState;
  lock_id: string | null;
  lock_owner: string | null;
  lock_run: string | null;
  lock_job_id: number | null;
  lock_since: number | null;
  lock_until: number | null;
  fence: number;
  description: string | null;
  reason: string | null;
  marked_by: string | null;
  state_since: number;
  last_used_at: number;
}

/** A node as the domain knows it. */
export function toNode(row: NodeRow): Node {
  return {
    name: row.name,
    machineType: row.machine_type,
    provider: row.provider,
    user: row.user,
    address: row.address,
    port: row.port,
    hostKey: row.host_key,
    identityFile: row.identity_file,
    arch: row.arch,
    osType: row.os_type,
    osVersion: row.os_version,
    state: row.state,
    lock: toLock(row),
    fence: row.fence,
    description: row.description,
    reason: row.reason,
    markedBy: row.marked_by,
    stateSince: row.state_since,
    lastUsedAt: row.last_used_at,
  };
}

function toLock(row: NodeRow): Lock | null {
  if (row.lock_id === null) return null;
  const job =
    row.lock_run === null || row.lock_job_id === null ? null : { run: row.lock_run, jobId: row.lock_job_id };
  return {
    id: row.lock_id,
    owner: row.lock_owner ?? '',
    job,
    fence: row.fence,
    since: row.lock_since ?? 0,
    leaseUntil: row.lock_until,
  };
}

/** The column of each field that a provider or an operator may change. */
export const specColumns = {
  machineType: 'machine_type',
  provider: 'provider',
  user: 'user',
  address: 'address',
  port: 'port',
  hostKey: 'host_key',
  identityFile: 'identity_file',
  arch: 'arch',
  osType: 'os_type',
  osVersion: 'os_version',
} as const satisfies Record<keyof Omit<NodeSpec, 'name'>, keyof NodeRow>;

/** Writes one line of a node's history; to be called in the transaction of the change itself. */
export function recordEvent(
  database: Database,
  event: { node: string; at: number; event: string; by: string; detail: string },
): void {
  database.run(
    'insert into node_events (node, at, event, by, detail) values (?, ?, ?, ?, ?)',
    event.node,
    event.at,
    event.event,
    event.by,
    event.detail,
  );
}
