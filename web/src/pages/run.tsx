import { useEffect, useRef, useState } from 'preact/hooks';
import type { RunView } from '../../../api/views.ts';
import { apiUrl, archiveUrl } from '../lab.ts';
import { Loading, Trail, Trouble, When } from '../parts/bits.tsx';
import { TextFilter } from '../parts/filters.tsx';
import { CountsBar, Status, statusOrder } from '../parts/status.tsx';
import { hrefOf, setQuery } from '../router.ts';
import type { Place } from '../router.ts';
import { lengthOf, secondsBetween } from '../times.ts';
import { useAsk, useNow } from '../use-ask.ts';
import { useEvents } from '../use-events.ts';
import { visible } from '../visible.ts';
import { RunFailures } from './run-failures.tsx';
import { JobSection } from './run-jobs.tsx';

const newsMs = 700;
const pollMs = 3000;

/** One run, live until it is over. */
export function RunPage({ place, name }: { place: Place; name: string }) {
  const { run, error, version } = useLiveRun(name);
  const now = useNow();
  const { status = '', q = '' } = place.query;
  useEffect(() => {
    document.title = run === null ? name : `${run.status.split(' ').at(-1)} · ${run.name}`;
  }, [run, name]);
  return (
    <>
      <Trail>
        <a href={hrefOf(['runs'])}>Runs</a>
      </Trail>
      <Trouble error={error} stale={run !== null} />
      {run === null ? (
        error === null ? (
          <Loading />
        ) : null
      ) : (
        <>
          <RunHead run={run} now={now} />
          <StatusChoice place={place} run={run} status={status} />
          <RunFailures run={run} />
          <div class="filters">
            <TextFilter
              label="description or reason has …"
              value={q}
              onValue={(value) => setQuery(place, { q: value })}
              search
              wide
            />
          </div>
          {statusOrder
            .filter((each) => (status === '' ? run.counts[each] > 0 : each === status))
            .map((each) => (
              <JobSection key={each} run={run} status={each} q={q} version={version} now={now} />
            ))}
        </>
      )}
    </>
  );
}

/** The run, and a number that grows when any of its jobs changed. By events; where there are none, by asking. */
function useLiveRun(name: string) {
  const [polled, setPolled] = useState(false);
  const { data, error, again } = useAsk<RunView>(apiUrl(['runs', name]), polled ? pollMs : null);
  const [told, setTold] = useState<RunView | null>(null);
  const [version, setVersion] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const news = () => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      setVersion((before) => before + 1);
    }, newsMs);
  };
  useEffect(() => {
    if (polled) news();
  }, [data]);
  const live = data !== null && !isOver(data) && !polled;
  const tell = (event: MessageEvent<string>) => {
    setTold(JSON.parse(event.data) as RunView);
    news();
  };
  const lost = () => {
    setPolled(true);
    again();
  };
  useEvents(
    live ? () => apiUrl(['runs', name, 'events']) : null,
    { on: { run: tell, end: tell, job: news }, lost },
    live ? name : '',
  );
  return { run: polled ? data : (told ?? data), error, version };
}

function isOver(run: RunView): boolean {
  return run.status.startsWith('finished') || (run.closed && run.status === 'empty');
}

function RunHead({ run, now }: { run: RunView; now: number }) {
  const done = run.counts.pass + run.counts.fail + run.counts.dead;
  const took = lengthOf(secondsBetween(run.submitted_at, isOver(run) ? run.updated_at : null, now));
  const about = [
    run.suite === '' ? null : `suite ${run.suite.replaceAll(':', '/')}`,
    run.owner,
    run.machine_type,
    run.subset === null ? null : `subset ${run.subset}`,
    run.seed === null ? null : `seed ${run.seed}`,
    run.sha1 === null ? null : run.sha1.slice(0, 12),
  ].filter((each) => each !== null);
  return (
    <section class="runhead">
      <h1>
        <Status status={run.status} large /> <span class="mono">{visible(run.name)}</span>
      </h1>
      <CountsBar counts={run.counts} total={run.total} />
      <p class="about">
        <b>
          {done} of {run.total} {run.closed ? 'jobs over' : 'jobs so far'}
        </b>
        {about.map((each) => (
          <span key={each}>{visible(each)}</span>
        ))}
        <span>
          submitted <When at={run.submitted_at} now={now} />
        </span>
        <span>{isOver(run) ? `took ${took}` : took}</span>
        <a href={archiveUrl(run.name, '')}>archive</a>
        <a href={apiUrl(['runs', run.name, 'junit.xml'])}>JUnit</a>
      </p>
    </section>
  );
}

function StatusChoice({ place, run, status }: { place: Place; run: RunView; status: string }) {
  const href = (wanted: string) => hrefOf(place.path, { ...place.query, status: wanted });
  return (
    <nav class="chips" aria-label="Jobs by status">
      <a href={href('')} {...(status === '' ? { 'aria-current': 'true' } : {})}>
        all <b>{run.total}</b>
      </a>
      {statusOrder.map((each) => (
        <a
          key={each}
          class={`c-${each}${run.counts[each] === 0 ? ' none' : ''}`}
          href={href(each)}
          {...(status === each ? { 'aria-current': 'true' } : {})}
        >
          {each} <b>{run.counts[each]}</b>
        </a>
      ))}
    </nav>
  );
}
