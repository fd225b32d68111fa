import { useEffect } from 'preact/hooks';
import type { JobDetailView } from '../../../api/views.ts';
import { apiUrl } from '../lab.ts';
import { LogViewer } from '../log/log-viewer.tsx';
import { Loading, Trail, Trouble, When } from '../parts/bits.tsx';
import { Status } from '../parts/status.tsx';
import { hrefOf } from '../router.ts';
import { useAsk, useNow } from '../use-ask.ts';
import { visible, visibleLines } from '../visible.ts';
import { Description, JobFacts } from './job-facts.tsx';
import { JobFiles } from './job-files.tsx';

const everyMs = 2000;

/** One job: why it is as it is first, then all about it, then its log. */
export function JobPage({ run, job: id }: { run: string; job: string }) {
  const { data: job, error, again } = useAsk<JobDetailView>(apiUrl(['runs', run, 'jobs', id]), everyMs);
  const now = useNow();
  useEffect(() => {
    document.title = job === null ? `${run}/${id}` : `${job.status} · ${run}/${id}`;
  }, [job, run, id]);
  const over = job !== null && isOver(job);
  return (
    <>
      <Trail>
        <a href={hrefOf(['runs'])}>Runs</a>
        <a class="mono" href={hrefOf(['runs', run])}>
          {visible(run)}
        </a>
      </Trail>
      <Trouble error={error} stale={job !== null} />
      {job === null ? (
        error === null ? (
          <Loading />
        ) : null
      ) : (
        <>
          <h1>
            <Status status={job.status} large /> Job <span class="mono">{job.job_id}</span>
          </h1>
          <Verdict job={job} now={now} />
          <Description text={job.description} />
          <div class="columns">
            <JobFacts job={job} now={now} />
            <JobFiles run={run} job={job} />
          </div>
          {job.backtrace === null ? null : (
            <section>
              <h2>Backtrace</h2>
              <pre class="trace">{visibleLines(job.backtrace)}</pre>
            </section>
          )}
          <LogViewer
            run={run}
            job={job.job_id}
            begun={job.started_at !== null || over}
            over={over}
            onEnd={again}
          />
        </>
      )}
    </>
  );
}

function isOver(job: JobDetailView): boolean {
  return job.status === 'pass' || job.status === 'fail' || job.status === 'dead';
}

function Verdict({ job, now }: { job: JobDetailView; now: number }) {
  const { failure_reason: reason, why_waiting: why, kill_requested: kill } = job;
  return (
    <>
      {reason === null ? null : (
        <div class={`verdict v-${job.status}`} role="status">
          <pre>{visibleLines(reason.trim())}</pre>
          {job.status === 'dead' && job.actor !== null ? (
            <p class="dim">ended by {visible(job.actor)}</p>
          ) : null}
        </div>
      )}
      {kill === null || isOver(job) ? null : (
        <div class="verdict v-dead">
          {visible(kill.actor)} asked to end it: {visible(kill.reason)}
        </div>
      )}
      {why === null ? null : (
        <div class="verdict v-queued">
          {visible(why)}
          {job.expected_start === null ? null : (
            <p class="dim">
              expected start: <When at={job.expected_start} now={now} />, at the latest
            </p>
          )}
        </div>
      )}
    </>
  );
}
