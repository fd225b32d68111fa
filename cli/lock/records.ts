import type { NodeView } from '../client/lab-client.ts';
import { InputError } from '../client/failure.ts';
import { plainLine } from '../client/columns.ts';

/** A node as scripts know it from the original's lock server, followed by what this lab says beyond that. */
export interface LockRecord {
  readonly name: string;
  readonly description: string | null;
  readonly up: boolean;
  readonly machine_type: string;
  readonly is_vm: boolean; // made by a provider, not somebody's machine
  readonly vm_host: string | null;
  readonly os_type: string;
  readonly os_version: string;
  readonly arch: string;
  readonly locked: boolean;
  readonly locked_since: string | null; // UTC, '2026-03-04 05:06:07.000000'
  readonly locked_by: string | null;
  readonly mac_address: string | null;
  readonly ssh_pub_key: string | null;
  readonly user: string;
  readonly address: string;
  readonly port: number;
  readonly provider: string;
  readonly state: string;
  readonly reason: string | null; // why it is dirty or quarantined
  readonly marked_by: string | null; // who said so
  readonly state_since: string | null; // as locked_since
  readonly job: string | null; // RUN/JOB
  readonly lease_until: string | null; // as locked_since
}

/** What a listing is narrowed by; null = not by this. */
export interface LockFilter {
  readonly machineTypes: readonly string[] | null;
  readonly owner: string | null;
  readonly up: boolean | null;
  readonly locked: boolean | null;
  readonly description: string | null;
  readonly descriptionPart: string | null;
  readonly query: Readonly<Record<string, unknown>> | null; // every key must be equal, maps as subsets
  readonly osType: string | null;
  readonly osVersion: string | null;
  readonly arch: string | null;
}

const machinesOfPeople = new Set(['static', 'enrolled']);

/** The record of a node. A quarantined node is down; a node that is being cleaned is up, and nobody's. */
export function lockRecord(node: NodeView): LockRecord {
  const { name, description, machine_type, os_type, os_version, arch, user, address, port } = node;
  return {
    name,
    description,
    up: node.state !== 'quarantined',
    machine_type,
    is_vm: !machinesOfPeople.has(node.provider),
    vm_host: null,
    os_type,
    os_version,
    arch,
    locked: node.locked_by !== null,
    locked_since: originalTime(node.locked_since),
    locked_by: node.locked_by,
    mac_address: null,
    ssh_pub_key: node.host_key,
    user,
    address,
    port,
    provider: node.provider,
    state: node.state,
    reason: node.reason,
    marked_by: node.marked_by,
    state_since: originalTime(node.state_since),
    job: node.job === null ? null : `${node.job.run}/${node.job.job_id}`,
    lease_until: originalTime(node.lease_until),
  };
}

function originalTime(iso: string | null): string | null {
  return iso === null
    ? null
    : iso.replace('T', ' ').replace(/(\.\d{3})?Z$/, (_, ms: string = '.000') => `${ms}000`);
}

/** Whether a listing shows the record. */
export function matches(record: LockRecord, filter: LockFilter): boolean {
  const asked: [unknown, unknown][] = [
    [filter.owner, record.locked_by],
    [filter.up, record.up],
    [filter.locked, record.locked],
    [filter.description, record.description],
    [filter.osType, record.os_type],
    [filter.osVersion, record.os_version],
    [filter.arch, record.arch],
  ];
  if (!asked.every(([wanted, found]) => wanted === null || wanted === found)) return false;
  if (filter.machineTypes !== null && !filter.machineTypes.includes(record.machine_type)) return false;
  if (filter.descriptionPart !== null && !record.description?.includes(filter.descriptionPart)) return false;
  return filter.query === null || isSubset(filter.query, record);
}

function isSubset(wanted: object, found: unknown): boolean {
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(wanted).every(([key, value]: [string, unknown]) => {
    const other: unknown = Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return isSubset(value, other);
    return other !== undefined && JSON.stringify(value) === JSON.stringify(other);
  });
}

/** Reads the text of `--json-query`. Throws InputError unless it is an object. */
export function parseQuery(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`--json-query '${text}' is neither a file nor JSON`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(`--json-query must be an object like {"os_type": "ubuntu"}, found ${text}`);
  return { ...value };
}

/** `--brief`: one line a node. */
export function briefLines(records: readonly LockRecord[]): string[] {
  const names = Math.max(0, ...records.map((record) => record.name.length));
  const owners = Math.max(0, ...records.map((record) => (record.locked_by ?? 'None').length));
  return records.map((record) => {
    const state = `${record.up ? 'up  ' : 'down'} ${record.locked ? 'locked  ' : 'unlocked'}`;
    const owner = (record.locked_by ?? 'None').padEnd(owners);
    return plainLine(`${record.name.padEnd(names)} ${state} ${owner} "${record.description ?? ''}"`);
  });
}

/** `--summary`: counts for each owner and machine type, in the order of type and count. */
export function summaryLines(records: readonly LockRecord[]): string[] {
  const rows = new Map<string, { type: string; owner: string; count: number; up: number }>();
  for (const { machine_type: type, locked_by: holder, up } of records) {
    const owner = holder ?? '(free)';
    const row = rows.get(`${type}\0${owner}`) ?? { type, owner, count: 0, up: 0 };
    rows.set(`${type}\0${owner}`, { ...row, count: row.count + 1, up: row.up + (up ? 1 : 0) });
  }
  const sorted = [...rows.values()].sort((a, b) =>
    a.type === b.type ? a.count - b.count : a.type < b.type ? -1 : 1,
  );
  const number = (value: number, width = 3) => String(value).padStart(width);
  return [
    'TYPE     COUNT  UP  OWNER',
    ...sorted.map(
      ({ type, owner, count, up }) => `${type.padEnd(8)} ${number(count)}  ${number(up)}  ${owner}`,
    ),
    '         ---  ---',
    `${number(records.length, 12)}  ${number(records.filter((record) => record.up).length)}`,
  ];
}
