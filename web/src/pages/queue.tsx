import { useEffect } from 'preact/hooks';
import type { QueueView } from '../../../api/queues-route.ts';
import type { JobView } from '../../../api/views.ts';
import { apiUrl } from '../lab.ts';
import { Loading, Nothing, Trouble, When } from '../parts/bits.tsx';
import { Pager, usePages } from '../parts/pager.tsx';
import { hrefOf } from '../router.ts';
import type { Place } from '../router.ts';
import { moment } from '../times.ts';
import { useAsk, useNow } from '../use-ask.ts';
import { visible } from '../visible.ts';

const everyMs = 3000;
const pageSize = 50;

/** What waits, and for what: one block for each machine type, and the jobs in the order in which they are served. */
export function QueuePage({ place }: { place: Place }) {
  const { machine_type: wanted = '' } = place.query;
  const { data, error } = useAsk<{ queues: QueueView[] }>(apiUrl(['queues']), everyMs);
  const now = useNow();
  useEffect(() => {
    document.title = 'Queue · Loligo';
  }, []);
  const queues = data?.queues ?? [];
  const queued = queues.find((each) => each.machine_type === wanted)?.queued ?? null;
  return (
    <>
      <h1>Queue</h1>
      <Trouble error={error} stale={data !== null} />
      {data === null ? (
        error === null ? (
          <Loading />
        ) : null
      ) : queues.length === 0 ? (
        <Nothing>No job waits, and there are no nodes.</Nothing>
      ) : (
        <div class="queues">
          {queues.map((queue) => (
            <Queue key={queue.machine_type} queue={queue} chosen={queue.machine_type === wanted} now={now} />
          ))}
        </div>
      )}
      <Queued machineType={wanted} total={queued} now={now} />
    </>
  );
}

function Queue({ queue, chosen, now }: { queue: QueueView; chosen: boolean; now: number }) {
  const { machine_type: type, head, pause, nodes } = queue;
  const total = Object.values(nodes).reduce((sum, each) => sum + each, 0);
  const away = nodes.dirty + nodes.cleaning;
  return (
    <section class={`queue${pause === null ? '' : ' paused'}${chosen ? ' chosen' : ''}`}>
      <h2>
        <a data-row href={hrefOf(['queue'], { machine_type: chosen ? null : type })}>
          {visible(type)}
        </a>
        <span class="n">
          <b>{queue.queued}</b> queued
        </span>
        <span class="n">
          <b>{queue.running}</b> running
        </span>
      </h2>
      <p class="dim">
        <a href={hrefOf(['nodes'], { machine_type: type })}>
          {nodes.free} of {total} nodes free
        </a>
        {away > 0 ? ` · ${away} being cleaned` : null}
        {nodes.quarantined > 0 ? <span class="c-dead"> · {nodes.quarantined} quarantined</span> : null}
      </p>
      {pause === null ? null : (
        <p class="pause">
          <b>Paused</b> by {visible(pause.by)} until {moment(pause.until)} UTC{' '}
          <span class="dim">
            (<When at={pause.until} now={now} />)
          </span>
          <br />
          {visible(pause.reason)}
        </p>
      )}
      {head === null ? null : (
        <p>
          Next:{' '}
          <a class="mono" href={hrefOf(['runs', head.run, head.job_id])}>
            {visible(head.run)}/{head.job_id}
          </a>
          {head.why_waiting === null ? null : <span class="why block">{visible(head.why_waiting)}</span>}
          {head.expected_start === null ? null : (
            <span class="dim block">
              expected start: <When at={head.expected_start} now={now} />, at the latest
            </span>
          )}
        </p>
      )}
    </section>
  );
}

function Queued(props: { machineType: string; total: number | null; now: number }) {
  const { machineType, total, now } = props;
  const pages = usePages(machineType);
  const url = apiUrl(['queue'], { machine_type: machineType, limit: pageSize, cursor: pages.cursor });
  const { data, error } = useAsk<{ jobs: JobView[]; next: string | null }>(url, everyMs, { keep: true });
  if (data === null) return <Trouble error={error} stale={false} />;
  if (data.jobs.length === 0) return <Nothing>Nothing is queued.</Nothing>;
  return (
    <section>
      <h2>
        {machineType === '' ? 'In the order in which they are served' : `Queued for ${visible(machineType)}`}
      </h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th class="n">Priority</th>
              <th>Job</th>
              <th>Why it waits</th>
              <th class="n">Expected</th>
              <th>Needs</th>
              <th class="n">Submitted</th>
            </tr>
          </thead>
          <tbody>
            {data.jobs.map((job) => (
              <tr key={job.job_id}>
                <td class="n">{job.priority}</td>
                <td class="name">
                  <a data-row href={hrefOf(['runs', job.run, job.job_id])}>
                    {visible(job.run)}/{job.job_id}
                  </a>
                </td>
                <td class="what">{visible(job.why_waiting ?? '')}</td>
                <td class="n dim">
                  <When at={job.expected_start} now={now} />
                </td>
                <td class="short">
                  {job.node_count} × {visible(job.machine_type)}
                </td>
                <td class="n dim">
                  <When at={job.submitted_at} now={now} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pager pages={pages} next={data.next} shown={data.jobs.length} size={pageSize} total={total} />
    </section>
  );
}
