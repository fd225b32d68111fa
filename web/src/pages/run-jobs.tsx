import { useEffect, useState } from 'preact/hooks';
import type { JobView, RunView } from '../../../api/views.ts';
import { apiUrl } from '../lab.ts';
import { Nothing, Trouble, When } from '../parts/bits.tsx';
import { Pager, usePages } from '../parts/pager.tsx';
import { Status } from '../parts/status.tsx';
import type { JobStatus } from '../parts/status.tsx';
import { hrefOf } from '../router.ts';
import { lengthOf, secondsBetween } from '../times.ts';
import { useAsk } from '../use-ask.ts';
import { visible, visibleLines } from '../visible.ts';

const pageSize = 50;

/** The jobs of a run in one status. `version` grows when any of them changed. */
export function JobSection(props: {
  run: RunView;
  status: JobStatus;
  q: string;
  version: number;
  now: number;
}) {
  const { run, status, q, version, now } = props;
  const pages = usePages(`${status} ${q}`);
  const url = apiUrl(['runs', run.name, 'jobs'], { status, q, limit: pageSize, cursor: pages.cursor });
  const { data, error, again } = useAsk<{ jobs: JobView[]; next: string | null }>(url, null, { keep: true });
  const [asked, setAsked] = useState(version);
  useEffect(() => {
    if (asked === version) return;
    setAsked(version);
    again();
  }, [version]);
  const total = q === '' ? run.counts[status] : null;
  return (
    <section class="jobs">
      <h2>
        <Status status={status} /> {total === null ? null : <span class="dim">{total}</span>}
      </h2>
      <Trouble error={error} stale={data !== null} />
      {data === null ? null : data.jobs.length === 0 ? (
        <Nothing>{q === '' ? 'None.' : 'None fits.'}</Nothing>
      ) : (
        <table>
          <tbody>
            {data.jobs.map((job) => (
              <JobRow key={job.job_id} job={job} now={now} />
            ))}
          </tbody>
        </table>
      )}
      {data === null ? null : (
        <Pager pages={pages} next={data.next} shown={data.jobs.length} size={pageSize} total={total} />
      )}
    </section>
  );
}

function JobRow({ job, now }: { job: JobView; now: number }) {
  const { failure_reason: failure, why_waiting: why } = job;
  return (
    <tr>
      <td class="n id">
        <a data-row href={hrefOf(['runs', job.run, job.job_id])}>
          {job.job_id}
        </a>
      </td>
      <td class="what">
        {failure === null ? null : <div class={`reason c-${job.status}`}>{visibleLines(failure)}</div>}
        <div class={failure === null ? '' : 'dim'}>{visible(job.description)}</div>
        {why === null ? null : (
          <div class="why">
            {visible(why)}
            {job.expected_start === null ? null : (
              <>
                {' '}
                · expected <When at={job.expected_start} now={now} />
              </>
            )}
          </div>
        )}
      </td>
      <td class="nodes">
        {job.nodes.map((node) => (
          <a key={node} href={hrefOf(['nodes', node])}>
            {visible(node)}
          </a>
        ))}
      </td>
      <td class="n dim">{tookOf(job, now)}</td>
    </tr>
  );
}

function tookOf(job: JobView, now: number): string {
  if (job.duration !== null) return lengthOf(job.duration);
  if (job.started_at === null) return '';
  return lengthOf(secondsBetween(job.started_at, job.finished_at, now));
}
