import { useEffect } from 'preact/hooks';
import type { QueueView } from '../../../api/queues-route.ts';
import type { NodeView } from '../../../api/views.ts';
import { apiUrl } from '../lab.ts';
import { Loading, Nothing, Trouble, When } from '../parts/bits.tsx';
import { ChoiceFilter, TextFilter } from '../parts/filters.tsx';
import { Pager, usePages } from '../parts/pager.tsx';
import { Status } from '../parts/status.tsx';
import { hrefOf, setQuery } from '../router.ts';
import type { Place } from '../router.ts';
import { useAsk, useNow } from '../use-ask.ts';
import { visible } from '../visible.ts';

const everyMs = 3000;
const pageSize = 100;
const states = ['quarantined', 'dirty', 'cleaning', 'locked', 'free'] as const;

/** The inventory: what each node does, for whom, and what is wrong with it. */
export function NodesPage({ place }: { place: Place }) {
  const { q = '', machine_type: machineType = '', state = '' } = place.query;
  const wish = { q, machine_type: machineType, state };
  const pages = usePages(JSON.stringify(wish));
  const url = apiUrl(['nodes'], { ...wish, limit: pageSize, cursor: pages.cursor });
  const { data, error } = useAsk<{ nodes: NodeView[]; next: string | null }>(url, everyMs, { keep: true });
  const sums = useAsk<{ queues: QueueView[] }>(apiUrl(['queues']), everyMs).data?.queues ?? [];
  const now = useNow();
  useEffect(() => {
    document.title = 'Nodes · Loligo';
  }, []);
  const filter = (name: string) => (value: string) => setQuery(place, { [name]: value });
  const types = sums.filter((each) => sumOf([each], '') > 0).map((each) => each.machine_type);
  const ofType = sums.filter((each) => machineType === '' || each.machine_type === machineType);
  const total = q === '' ? sumOf(ofType, state) : null;
  const narrowed = Object.values(wish).some((each) => each !== '');
  return (
    <>
      <div class="head">
        <h1>Nodes</h1>
        <div class="filters">
          <TextFilter label="name, owner or reason has …" value={q} onValue={filter('q')} search />
          <ChoiceFilter
            label="machine type"
            value={machineType}
            choices={types}
            onValue={filter('machine_type')}
          />
        </div>
      </div>
      <Trouble error={error} stale={data !== null} />
      {data === null ? (
        error === null ? (
          <Loading />
        ) : null
      ) : data.nodes.length === 0 && !narrowed ? (
        <Nothing>
          The lab has no nodes. <code>loligo up</code> makes some, and <code>loligo inventory</code> enters
          yours.
        </Nothing>
      ) : (
        <>
          <nav class="chips" aria-label="Nodes by state">
            <StateChip place={place} name="all" wanted="" state={state} count={sumOf(ofType, '')} />
            {states.map((each) => (
              <StateChip
                key={each}
                place={place}
                name={each}
                wanted={each}
                state={state}
                count={sumOf(ofType, each)}
              />
            ))}
          </nav>
          {data.nodes.length === 0 && data.next === null ? <Nothing>No node fits.</Nothing> : null}
          <NodeTable nodes={data.nodes} now={now} />
          <Pager pages={pages} next={data.next} shown={data.nodes.length} size={pageSize} total={total} />
        </>
      )}
    </>
  );
}

function StateChip(props: { place: Place; name: string; wanted: string; state: string; count: number }) {
  const { place, name, wanted, state, count } = props;
  return (
    <a
      class={`c-${wanted}${count === 0 ? ' none' : ''}`}
      href={hrefOf(place.path, { ...place.query, state: wanted })}
      {...(state === wanted ? { 'aria-current': 'true' } : {})}
    >
      {name} <b>{count}</b>
    </a>
  );
}

function NodeTable({ nodes, now }: { nodes: readonly NodeView[]; now: number }) {
  if (nodes.length === 0) return null;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Node</th>
            <th>State</th>
            <th class="n">Since</th>
            <th>For</th>
            <th>Machine type</th>
            <th>System</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={node.name}>
              <td class="name">
                <a data-row href={hrefOf(['nodes', node.name])}>
                  {visible(node.name)}
                </a>
              </td>
              <td>
                <Status status={node.state} />
              </td>
              <td class="n dim">
                <When at={node.locked_since ?? node.state_since} now={now} />
              </td>
              <td class="what">
                <Holder node={node} />
                {node.reason === null ? null : <div class="why">{visible(node.reason)}</div>}
              </td>
              <td class="short">{visible(node.machine_type)}</td>
              <td class="dim short">{visible(`${node.os_type} ${node.os_version} ${node.arch}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Who has a node, and for what. */
export function Holder({ node }: { node: NodeView }) {
  if (node.job !== null) {
    const { run, job_id: job } = node.job;
    return (
      <a class="mono" href={hrefOf(['runs', run, job])}>
        {visible(run)}/{job}
      </a>
    );
  }
  if (node.locked_by === null) return <>{visible(node.description ?? '')}</>;
  return (
    <>
      {visible(node.locked_by)}
      {node.description === null ? null : <span class="dim"> · {visible(node.description)}</span>}
    </>
  );
}

/** How many nodes are in a state ('' = any) together, by the sums that the lab keeps. */
function sumOf(queues: readonly QueueView[], state: string): number {
  return queues
    .flatMap((queue) => Object.entries(queue.nodes))
    .reduce((sum, [each, count]) => (state === '' || state === each ? sum + count : sum), 0);
}
