import type { JobDetailView } from '../../../api/views.ts';
import { facetsOf } from '../facets.ts';
import { Fact, When } from '../parts/bits.tsx';
import { hrefOf } from '../router.ts';
import { lengthOf, moment, secondsBetween } from '../times.ts';
import { visible } from '../visible.ts';

/** What a job was made of: its suite and the fragment of each facet; a description of another form as it is. */
export function Description({ text }: { text: string }) {
  const facets = facetsOf(text);
  if (text === '') return null;
  if (facets === null) return <p class="description">{visible(text)}</p>;
  return (
    <p class="description" title={visible(text)}>
      {facets.suite === '' ? null : <b>{visible(facets.suite)}</b>}
      {facets.fragments.map(({ facet, fragment }) => (
        <span key={`${facet}/${fragment}`} class="facet">
          {facet === '' ? null : <i>{visible(facet)}/</i>}
          {visible(fragment)}
        </span>
      ))}
    </p>
  );
}

/** Whose it is, where it ran, and when. */
export function JobFacts({ job, now }: { job: JobDetailView; now: number }) {
  const system = [job.os_type, job.os_version, job.arch].filter((each) => each !== null).join(' ');
  const waited = secondsBetween(job.submitted_at, job.started_at ?? job.finished_at, now);
  return (
    <section>
      <h2>About</h2>
      <dl class="facts">
        <Fact name="targets">
          {job.nodes.length === 0
            ? `${job.node_count} × ${job.machine_type}`
            : job.nodes.map((node) => (
                <a key={node} class="id" href={hrefOf(['nodes', node])}>
                  {visible(node)}
                </a>
              ))}
        </Fact>
        <Fact name="machine type">{visible(job.machine_type)}</Fact>
        <Fact name="system">{visible(system)}</Fact>
        <Fact name="owner">{visible(job.owner)}</Fact>
        <Fact name="priority">{job.priority}</Fact>
        <Fact name="attempt">{job.attempt > 1 ? job.attempt : null}</Fact>
        <Fact name="submitted">
          {moment(job.submitted_at)} <span class="dim">UTC</span>
        </Fact>
        <Fact name="waited">{lengthOf(waited)}</Fact>
        <Fact name="started">{job.started_at === null ? null : moment(job.started_at)}</Fact>
        <Fact name="over">
          {job.finished_at === null ? null : (
            <>
              {moment(job.finished_at)}{' '}
              <span class="dim">
                (<When at={job.finished_at} now={now} />)
              </span>
            </>
          )}
        </Fact>
        <Fact name={job.finished_at === null ? 'runs for' : 'took'}>{tookOf(job, now)}</Fact>
      </dl>
    </section>
  );
}

function tookOf(job: JobDetailView, now: number): string | null {
  if (job.started_at === null) return null;
  return lengthOf(job.duration ?? secondsBetween(job.started_at, job.finished_at, now));
}
