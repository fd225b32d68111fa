import { useEffect } from 'preact/hooks';
import type { RunView } from '../../../api/views.ts';
import { apiUrl } from '../lab.ts';
import { Loading, Nothing, Trouble, When } from '../parts/bits.tsx';
import { ChoiceFilter, TextFilter } from '../parts/filters.tsx';
import { Pager, usePages } from '../parts/pager.tsx';
import { CountsBar, Status, statusOrder } from '../parts/status.tsx';
import { hrefOf, setQuery } from '../router.ts';
import type { Place } from '../router.ts';
import { lengthOf, secondsBetween } from '../times.ts';
import { useAsk, useNow } from '../use-ask.ts';
import { visible } from '../visible.ts';

const pageSize = 50;
const everyMs = 3000;
const statuses = [...statusOrder, 'empty'];

/** All runs, newest first. */
export function RunsPage({ place }: { place: Place }) {
  const { q = '', owner = '', suite = '', machine_type: machineType = '', status = '' } = place.query;
  const wish = { q, owner, suite, machine_type: machineType, status };
  const pages = usePages(JSON.stringify(wish));
  const url = apiUrl(['runs'], { ...wish, limit: pageSize, cursor: pages.cursor });
  const { data, error } = useAsk<{ runs: RunView[]; next: string | null }>(url, everyMs, { keep: true });
  const now = useNow();
  useEffect(() => {
    document.title = 'Runs · Loligo';
  }, []);
  const narrowed = Object.values(wish).some((each) => each !== '');
  const filter = (name: string) => (value: string) => setQuery(place, { [name]: value });
  return (
    <>
      <div class="head">
        <h1>Runs</h1>
        <div class="filters">
          <TextFilter label="name has …" value={q} onValue={filter('q')} search />
          <TextFilter label="owner" value={owner} onValue={filter('owner')} />
          <TextFilter label="suite" value={suite} onValue={filter('suite')} />
          <TextFilter label="machine type" value={machineType} onValue={filter('machine_type')} />
          <ChoiceFilter label="status" value={status} choices={statuses} onValue={filter('status')} />
        </div>
      </div>
      <Trouble error={error} stale={data !== null} />
      {data === null ? (
        error === null ? (
          <Loading />
        ) : null
      ) : data.runs.length === 0 ? (
        <Nothing>
          {narrowed ? 'No run fits.' : 'Nothing has been submitted yet.'}
          {narrowed ? null : (
            <>
              {' '}
              Queue a suite with <code>loligo suite -s smoke</code>.
            </>
          )}
        </Nothing>
      ) : (
        <RunTable runs={data.runs} now={now} />
      )}
      {data === null ? null : (
        <Pager pages={pages} next={data.next} shown={data.runs.length} size={pageSize} total={null} />
      )}
    </>
  );
}

function RunTable({ runs, now }: { runs: readonly RunView[]; now: number }) {
  return (
    <div class="scroll">
      <table class="runs">
        <thead>
          <tr>
            <th>Run</th>
            <th>Status</th>
            <th class="barcell">Jobs</th>
            {statusOrder.map((status) => (
              <th key={status} class="n" title={status}>
                {status}
              </th>
            ))}
            <th>Suite</th>
            <th>Owner</th>
            <th>Machines</th>
            <th class="n">Took</th>
            <th class="n">Submitted</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={run.name} run={run} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RunRow({ run, now }: { run: RunView; now: number }) {
  const over = run.status.startsWith('finished');
  return (
    <tr>
      <td class="name">
        <a data-row href={hrefOf(['runs', run.name])}>
          {visible(run.name)}
        </a>
      </td>
      <td>
        <Status status={run.status} />
      </td>
      <td class="barcell">
        <CountsBar counts={run.counts} total={run.total} />
      </td>
      {statusOrder.map((status) => (
        <td key={status} class={`n c-${status}`}>
          {run.counts[status] === 0 ? (
            <span class="zero">·</span>
          ) : (
            <a href={hrefOf(['runs', run.name], { status })}>{run.counts[status]}</a>
          )}
        </td>
      ))}
      <td class="clip">{visible(run.suite.replaceAll(':', '/'))}</td>
      <td class="clip">{visible(run.owner)}</td>
      <td class="clip">{visible(run.machine_type)}</td>
      <td class="n dim">{lengthOf(secondsBetween(run.submitted_at, over ? run.updated_at : null, now))}</td>
      <td class="n dim">
        <When at={run.submitted_at} now={now} />
      </td>
    </tr>
  );
}
