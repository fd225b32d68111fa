import type { HoldView } from '../../api/hold-routes.ts';
import { apiPath } from '../client/lab-client.ts';
import type { JobView, LabClient, NodeView } from '../client/lab-client.ts';

/** A node that is held for a job that is over. */
export interface StaleNode {
  readonly node: NodeView;
  readonly owner: string;
  readonly jobUrl: string; // of the job's archive, or where the job was
}

/** How long a job must be over, so that whoever watches it can still look around. */
const graceMs = 5 * 60_000;

/** The nodes that are held for jobs that have been over for a while. One request, and one for each such job. */
export async function staleNodes(
  lab: LabClient,
  wish: { owner: string | null; machineTypes: readonly string[] | null; graceMs?: number },
): Promise<StaleNode[]> {
  const { holds } = await lab.get<{ holds: HoldView[] }>('/v1/holds', { identified: true });
  const stale: StaleNode[] = [];
  for (const hold of holds) {
    if (hold.state !== 'held' || (wish.owner !== null && hold.owner !== wish.owner)) continue;
    const job = await lab.get<JobView>(apiPath('runs', hold.run, 'jobs', hold.job_id));
    const overFor = Date.now() - Date.parse(job.finished_at ?? new Date().toISOString());
    if (overFor < (wish.graceMs ?? graceMs)) continue;
    for (const node of hold.nodes) {
      if (wish.machineTypes !== null && !wish.machineTypes.includes(node.machine_type)) continue;
      stale.push({ node, owner: hold.owner, jobUrl: job.archive_url ?? `${hold.run}/${hold.job_id}` });
    }
  }
  return stale;
}
