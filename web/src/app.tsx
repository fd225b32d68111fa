import { useState } from 'preact/hooks';
import { focusSearch, moveRow, useKeys } from './keys.ts';
import { archiveUrl, descriptionUrl } from './lab.ts';
import { JobPage } from './pages/job.tsx';
import { NodePage } from './pages/node.tsx';
import { NodesPage } from './pages/nodes.tsx';
import { QueuePage } from './pages/queue.tsx';
import { RunPage } from './pages/run.tsx';
import { RunsPage } from './pages/runs.tsx';
import { Help } from './parts/help.tsx';
import { hrefOf, usePlace } from './router.ts';
import type { Place } from './router.ts';
import { applyTheme, chosenTheme, nextTheme } from './theme.ts';

const sections = [
  ['runs', 'Runs'],
  ['queue', 'Queue'],
  ['nodes', 'Nodes'],
] as const;

/** The frame around every page. */
export function App() {
  const place = usePlace();
  const [help, setHelp] = useState(false);
  const [theme, setTheme] = useState(chosenTheme());
  const turn = () => {
    applyTheme(nextTheme(theme));
    setTheme(nextTheme(theme));
  };
  const [section = 'runs'] = place.path;
  useKeys({
    'g r': () => (location.hash = hrefOf(['runs'])),
    'g q': () => (location.hash = hrefOf(['queue'])),
    'g n': () => (location.hash = hrefOf(['nodes'])),
    j: () => moveRow(1),
    k: () => moveRow(-1),
    u: () => (location.hash = hrefOf(place.path.slice(0, -1))),
    '/': focusSearch,
    '[': () => press('back'),
    ']': () => press('forth'),
    t: turn,
    '?': () => setHelp(!help),
    Escape: () => setHelp(false),
  });
  return (
    <>
      <header class="top">
        <a class="brand" href={hrefOf(['runs'])}>
          <img src="favicon.svg" alt="" width="20" height="20" /> Loligo
        </a>
        <nav aria-label="Pages">
          {sections.map(([path, name]) => (
            <a key={path} href={hrefOf([path])} {...(path === section ? { 'aria-current': 'page' } : {})}>
              {name}
            </a>
          ))}
        </nav>
        <span class="space" />
        <a class="quiet" href={archiveUrl('')}>
          Archive
        </a>
        <a class="quiet" href={descriptionUrl()}>
          API
        </a>
        <button type="button" class="quiet" title="Light, dark, or as the system (t)" onClick={turn}>
          {theme === 'auto' ? '◐' : theme === 'light' ? '○' : '●'}
        </button>
        <button type="button" class="quiet" title="Keys (?)" onClick={() => setHelp(true)}>
          ?
        </button>
      </header>
      <main key={place.path.join('/')}>
        <Page place={place} />
      </main>
      {help ? <Help onClose={() => setHelp(false)} /> : null}
    </>
  );
}

function Page({ place }: { place: Place }) {
  const [section = 'runs', name, job] = place.path;
  if (section === 'runs' && name !== undefined && job !== undefined) return <JobPage run={name} job={job} />;
  if (section === 'runs' && name !== undefined) return <RunPage place={place} name={name} />;
  if (section === 'runs') return <RunsPage place={place} />;
  if (section === 'nodes' && name !== undefined) return <NodePage name={name} />;
  if (section === 'nodes') return <NodesPage place={place} />;
  if (section === 'queue') return <QueuePage place={place} />;
  return (
    <p class="trouble">
      There is no page here. The runs are at <a href={hrefOf(['runs'])}>runs</a>.
    </p>
  );
}

function press(way: 'back' | 'forth'): void {
  document.querySelector<HTMLButtonElement>(`[data-pager=${way}]:not(:disabled)`)?.click();
}
