import { useEffect, useRef, useState } from 'preact/hooks';
import type { RunResultsView } from '../../../api/result-routes.ts';
import type { RunView } from '../../../api/views.ts';
import { apiUrl } from '../lab.ts';
import { hrefOf } from '../router.ts';
import { useAsk } from '../use-ask.ts';
import { visible, visibleLines } from '../visible.ts';

type Cluster = RunResultsView['clusters'][number];

const restMs = 10_000; // the answer costs the length of the run
const mostLinks = 40;

/** The failures of a run by their likely cause, as soon as there are any. */
export function RunFailures({ run }: { run: RunView }) {
  const failures = useRested(run.counts.fail + run.counts.dead);
  const url = failures === 0 ? null : `${apiUrl(['runs', run.name, 'results'])}?failures=${failures}`;
  const { data } = useAsk<RunResultsView>(url, null, { keep: true });
  if (data === null || data.clusters.length === 0 || failures === 0) return null;
  return (
    <section class="causes">
      <h2>
        {data.clusters.length === 1 ? 'One cause' : `${data.clusters.length} causes`} of {failures}{' '}
        {failures === 1 ? 'failure' : 'failures'}
      </h2>
      {data.clusters.map((cluster) => (
        <Cause key={cluster.job_ids[0]} run={run.name} cluster={cluster} />
      ))}
    </section>
  );
}

/** A number that moves no more often than every ten seconds. */
function useRested(value: number): number {
  const [rested, setRested] = useState(value);
  const since = useRef(Date.now());
  useEffect(() => {
    if (value === rested) return;
    const wait = rested === 0 ? 0 : Math.max(0, since.current + restMs - Date.now());
    const timer = setTimeout(() => {
      since.current = Date.now();
      setRested(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value, rested]);
  return rested;
}

function Cause({ run, cluster }: { run: string; cluster: Cluster }) {
  const { job_ids: ids, reason, backtrace } = cluster;
  const [first = '', ...rest] = (reason ?? 'no reason was given').trim().split('\n');
  return (
    <details class="cause">
      <summary data-row>
        <b class="n">{ids.length}</b>
        <span class="kind">{cluster.kind}</span>
        <span class="reason">{visible(first)}</span>
      </summary>
      <div class="inside">
        {rest.length > 0 ? <pre>{visibleLines(rest.join('\n'))}</pre> : null}
        {backtrace === null ? null : <pre>{visibleLines(backtrace)}</pre>}
        <p>
          {ids.length === 1 ? 'Job' : 'Jobs'}{' '}
          {ids.slice(0, mostLinks).map((id) => (
            <a key={id} class="id" href={hrefOf(['runs', run, id])}>
              {id}
            </a>
          ))}
          {ids.length > mostLinks ? `and ${ids.length - mostLinks} more` : null}
        </p>
        {ids.length > 1 && cluster.common_fragments.length > 0 ? (
          <p class="dim">All have {visible(cluster.common_fragments.join(' · '))}</p>
        ) : null}
      </div>
    </details>
  );
}
