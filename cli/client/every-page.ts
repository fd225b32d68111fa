import type { FileView } from '../../api/file-routes.ts';
import type { JobView, LabClient, NodeView } from './lab-client.ts';
import { apiPath } from './lab-client.ts';

const pageSize = 1000;

/** Every job of a run in id order, page by page. */
export async function allJobs(
  lab: LabClient,
  run: string,
  statuses: readonly string[] = [],
): Promise<JobView[]> {
  const query: Record<string, string> = statuses.length === 0 ? {} : { status: statuses.join(',') };
  return await everyPage<'jobs', JobView>(lab, { path: apiPath('runs', run, 'jobs'), query, key: 'jobs' });
}

/** Every node of a lab in name order, page by page; `identified` for what the lab tells only those it knows. */
export async function allNodes(lab: LabClient, options: { identified?: boolean } = {}): Promise<NodeView[]> {
  return await everyPage<'nodes', NodeView>(lab, { path: '/v1/nodes', query: {}, key: 'nodes', options });
}

/** What the archive has in a folder of a job, page by page. */
export async function allFiles(
  lab: LabClient,
  { run, job, folder }: { run: string; job: string; folder: string },
): Promise<FileView[]> {
  const path = apiPath('runs', run, 'jobs', job, 'files');
  return await everyPage<'files', FileView>(lab, { path, query: { folder }, key: 'files' });
}

async function everyPage<Key extends string, Item>(
  lab: LabClient,
  list: {
    path: string;
    query: Readonly<Record<string, string>>;
    key: Key;
    options?: { identified?: boolean };
  },
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ ...list.query, limit: String(pageSize), ...(cursor && { cursor }) });
    type Page = Record<Key, Item[]> & { next: string | null };
    const page: Page = await lab.get<Page>(`${list.path}?${query}`, list.options);
    items.push(...page[list.key]);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}
